"""Running the whole of Trunkline on one machine: `python -m config.launch`."""
