/** /staff/oidc/callback: on to the person's work, from our own site. */

import { pageData } from "../view.js";

const next = pageData(document)["next"];
if (typeof next === "string" && next.startsWith("/staff")) location.replace(next);
