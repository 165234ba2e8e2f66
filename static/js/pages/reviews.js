/** /staff/reviews: the list is printed by the server; only signing out needs a script. */

import { createApi } from "../api.js";
import { wireSignOut } from "../staff.js";

wireSignOut(document, createApi(window.fetch.bind(window)), (address) => location.assign(address));
