/* The customer's phone: it asks the simulator for what is new, and sends what one writes. */

import "./writing/dropping.js";
import "./settings/settings.js";
import "./writing/writing.js";
import { keepAsking } from "./asking.js";
import { hasNumbers, showHead } from "./head.js";
import { showSettings } from "./narrow.js";

showHead();
keepAsking().then(() => showSettings(!hasNumbers()));
