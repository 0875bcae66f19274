// The page of one network. Layouts come from Graphviz, one for the network and one for the inside of each box; opening a
// box stretches the strips of the picture that it covers, folding a frame shrinks them, and every line follows.
import "./source.js";
import "./costs.js";
import "./memory.js";
import "./search.js";
import "./pointer.js";
import "./keyboard.js";
import "./toolbar.js";
import "./turn.js";
import "./trace.js";
import "./save.js";
import { begin } from "./address.js";

begin();
