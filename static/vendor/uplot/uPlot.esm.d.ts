// Types of uPlot.esm.js for the type checker: uPlot.d.ts, which is written for the other builds.
import uPlot from "./uPlot";
export default uPlot;
