"""A program that plays Apidaze: its messaging API on a port, and a page that plays the customer's phone.

Start it with `python -m channels_app.simulators.apidaze --port 8010`. It needs no Django and no
database. `control.py` says how to make it fail on purpose and how to read what it received.
"""
