/**
 * JSON over HTTPS with the pages' own server. One rule: every failure is an ApiError with a stable code; "offline" means that
 * no answer came at all.
 */

/** A refused or failed request. */
export class ApiError extends Error {
  /**
   * @param {string} code the problem's public code, or "offline", or "internal_error"
   * @param {number} status HTTP status, 0 without an answer
   * @param {Record<string, unknown>} [problem] the problem document
   */
  constructor(code, status, problem = {}) {
    super(code);
    this.code = code;
    this.status = status;
    this.problem = problem;
  }

  /** Whether the same request may well succeed a little later. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @typedef {object} Api
 * @property {(path: string) => Promise<any>} get
 * @property {(path: string, body?: object) => Promise<any>} post
 * @property {(path: string, body: Blob, headers: Record<string, string>) => Promise<any>} put a file, which may take its time
 */

/**
 * @param {typeof fetch} fetcher
 * @param {{timeoutMs?: number, session?: () => string | null}} [options] session: which one the page belongs to; the server refuses when the
 *   browser has meanwhile been given another, as a link in another tab does
 * @returns {Api}
 */
export function createApi(fetcher, { timeoutMs = 15_000, session = () => null } = {}) {
  /** @param {string} path @param {RequestInit} init @param {number} [mostMs] */
  const request = async (path, init, mostMs = timeoutMs) => {
    let response;
    const own = session();
    const headers = { "Accept": "application/json", ...init.headers, ...(own ? { "X-Verifier-Session": own } : {}) };
    try {
      response = await fetcher(path, {
        ...init, headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(mostMs),
      });
    } catch {
      throw new ApiError("offline", 0);
    }
    const body = await readJson(response);
    if (!response.ok) throw problemOf(response.status, body);
    return body;
  };
  return {
    get: (path) => request(path, {}),
    post: (path, body = {}) => request(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Verifier": "1" },
      body: JSON.stringify(body),
    }),
    put: (path, body, headers) => request(path, { method: "PUT", headers: { ...headers, "X-Verifier": "1" }, body }, UPLOAD_TIMEOUT_MS),
  };
}

/** As long as the server waits for a file, and some more. */
const UPLOAD_TIMEOUT_MS = 130_000;

/** @param {Response} response @returns {Promise<any>} */
async function readJson(response) {
  const text = await response.text().catch(() => "");
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** @param {number} status @param {unknown} body */
function problemOf(status, body) {
  const problem = typeof body === "object" && body !== null ? /** @type {Record<string, unknown>} */ (body) : {};
  const code = typeof problem["code"] === "string" ? problem["code"] : "internal_error";
  return new ApiError(code, status, problem);
}
