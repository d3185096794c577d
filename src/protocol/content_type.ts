/**
 * The media type of a file, by the end of its name.
 *
 * Source: the IANA registry of media types; text is UTF-8.
 *
 * @module
 */

/** What a file is when its name does not tell. */
export const UNKNOWN_CONTENT_TYPE = "application/octet-stream";

/** Extensions by media type. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  "application/gzip": "gz tgz",
  "application/java-archive": "jar",
  "application/json": "json map",
  "application/ld+json": "jsonld",
  "application/manifest+json": "webmanifest",
  "application/msword": "doc",
  "application/pdf": "pdf",
  "application/rtf": "rtf",
  "application/vnd.apple.mpegurl": "m3u8",
  "application/vnd.ms-excel": "xls",
  "application/vnd.ms-powerpoint": "ppt",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/wasm": "wasm",
  "application/x-7z-compressed": "7z",
  "application/x-bzip2": "bz2",
  "application/x-sh": "sh",
  "application/x-tar": "tar",
  "application/x-xz": "xz",
  "application/yaml": "yaml yml",
  "application/zip": "zip",
  "application/zstd": "zst",
  "audio/aac": "aac",
  "audio/flac": "flac",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/ogg": "oga ogg opus",
  "audio/wav": "wav",
  "font/otf": "otf",
  "font/ttf": "ttf",
  "font/woff": "woff",
  "font/woff2": "woff2",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/jpeg": "jpg jpeg",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/vnd.microsoft.icon": "ico",
  "image/webp": "webp",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/javascript": "js mjs",
  "text/markdown": "md",
  "text/plain": "txt log conf ini",
  "text/xml": "xml",
  "video/mp2t": "ts",
  "video/mp4": "mp4 m4v",
  "video/ogg": "ogv",
  "video/quicktime": "mov",
  "video/webm": "webm",
};

const TYPES = new Map(
  Object.entries(EXTENSIONS).flatMap(([type, extensions]) => {
    const full = type.startsWith("text/") ? `${type}; charset=utf-8` : type;
    return extensions.split(" ").map((extension) => [extension, full] as const);
  }),
);

/** Returns the media type that a file's name tells: `a/b.HTML` is `text/html; charset=utf-8`. */
export function contentTypeOf(name: string): string {
  const [, extension] = /[^/]\.([0-9A-Za-z]+)$/.exec(name) ?? [];
  return TYPES.get(extension?.toLowerCase() ?? "") ?? UNKNOWN_CONTENT_TYPE;
}
