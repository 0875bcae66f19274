// The page of two networks side by side. Each has its own picture; what became of every step is in the list beside them.
import "./source.js";
import "./changes.js";
import "./search.js";
import "./pointer.js";
import "./keyboard.js";
import "./toolbar.js";
import "./turn.js";
import "./together.js";
import "./trace.js";
import "./save.js";
import { begin } from "./address.js";

begin();
