/** /staff/reviews: the list is printed by the server; only signing out needs a script. */

import { createApi } from "../api.js";
import { wireSignOut } from "../staff.js";
import { sessionOf } from "../view.js";

const api = createApi(window.fetch.bind(window), { session: () => sessionOf(document) });
wireSignOut(document, api, (address) => location.assign(address));
