// How the engine asks lichen-image for something, and what comes back.
//
//   argv     lichen-image COMMAND --request FD       COMMAND: pull load import save
//            volume-export volume-import search tags push describe manifest configs login logout yaml verify
//   FD       one JSON object (ImageRequest), to its end. A descriptor and not argv, as it may hold a password.
//   stdin    `load`, `import`: the archive when input is "-".   stdout of `save`: see below.
//   stdout   one JSON line: the result (ImageResult) with exit status 0, or {"error":{"kind","message","hint"}} with
//   status 1.
//            `save` and `volume-export` with output "-" write the archive there, and the JSON line to descriptor
//            `result_fd` instead.
//   stderr   progress: bars on a terminal, plain lines otherwise, nothing with quiet. Never the error.
//   signals  SIGINT and SIGTERM end it by default action; what is half-made lies in staging/ and the next command
//   sweeps it.
//
// The program runs in U0 as root (or as real root, or with one id mapped): it must see the ids that layers are to
// belong to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::wire {

struct ImageRequest {
  std::string root, run, boot_id;  // store::Paths
  bool quiet = false;
  bool debug = false;

  /// From the environment of the user; empty where unset. The program itself reads no environment but proxies
  /// (libcurl).
  std::string home, xdg_config_home, xdg_runtime_dir, docker_config, registry_auth_file;
  std::string registries_conf;   // CONTAINERS_REGISTRIES_CONF, or --registries-conf
  std::string signature_policy;  // --signature-policy; empty: policy.json where podman has it

  /// pull: names as typed. save: names or ids (unique prefixes). import: none. load: digests of the manifests that are
  /// wanted, which get no names; none: all. verify: chain ids of layers; the
  /// result has `id` and, in `name`, the problem of each that is damaged.
  std::vector<std::string> names;
  std::string platform;  // os[/arch[/variant]]; empty: the host's

  // pull
  std::optional<bool> tls_verify;  // nullopt: as registries.conf says
  std::string creds;               // user[:password]
  std::string auth_file, cert_dir;
  int retries = 3;
  std::optional<std::int64_t> retry_delay_ms;  // nullopt: longer each time
  bool all_tags = false;
  bool keep_blobs = false;  // the compressed layers stay too

  /// volume-export: how owners are shown, "inside:outside:count" each; none: as they are. With names[0] only that entry
  /// of the directory goes out.
  std::vector<std::string> uid_map, gid_map;
  /// With `selected` only these paths ("etc/motd") go out, then a whiteout for each deleted one (image-spec layer.md).
  bool selected = false;
  std::vector<std::string> paths, deleted;

  // load, import; volume-export: the directory, volume-import: the archive
  std::string input;  // path (archive or OCI layout directory), URL (import), "-" or empty for stdin
  // import
  std::string message;
  std::string reference;  // name for the imported image; empty: none
  // `config` is the OCI image configuration that it gets, but for layers and history; as commit does it the archive is
  // a further layer of image `base` (an id)
  std::string base, config, created_by;

  // push: the image is names[0], `reference` the destination (empty: its name); with all_tags every tag of names[0].
  // `format`: oci, v2s2, or empty: as the image came. A manifest list goes with its images, unless `list_only`; with
  // `platform` only that image of it.
  std::string compression;  // gzip (empty too), zstd
  std::optional<int> compression_level;
  bool force_compression = false;
  bool list_only = false;
  // describe: names[*] as entries of a list in `documents`; all_platforms: of a list all that it has.
  // save: names[0] is a manifest list, which goes with all its images; only into OCI formats.
  // manifest: `documents` has the manifest or index of names[0] at its registry, {"text"}. configs: {"digest","config"}
  // of all images of names[0], or of the directory `input`.
  bool all_platforms = false;
  // login, logout: the registry is names[0]; `creds` what is to be stored; auth_file where, empty: as podman chooses.
  bool compat_auth_file = false;  // login, logout: docker's config.json instead; others look there first
  bool all_registries = false;    // logout
  bool only_ask = false;          // login: who is logged in, as the credentials say; result: his `name`

  // save; volume-export: the archive, volume-import: the directory
  std::string output;  // path, "-" or empty for stdout
  std::string format;  // docker-archive (default) oci-archive docker-dir oci-dir
  bool compress = false;
  int result_fd = 1;

  // yaml: the files are `paths`

  // search: how many are wanted; the words are names[0]
  std::int64_t limit = 25;
};
Json to_json(const ImageRequest& request);
ImageRequest image_request_from_json(const Json& json);

struct ImageDone {
  std::string id;         // image id, 64 hex digits
  std::string name;       // full name with tag or digest; empty when it has none
  std::string digest;     // of the manifest (or index) that was asked for; pull only
  bool fetched = false;   // false: all was here already
  std::int64_t size = 0;  // push: of the manifest
};
struct ImageFound {
  std::string registry, name, description, tag;  // name with the registry, as it can be pulled
  std::int64_t stars = 0;
  bool official = false, automated = false;
};
struct ImageResult {
  std::vector<ImageDone> images;
  std::vector<ImageFound> found;  // search, tags
  /// yaml, in the order of `paths`: the file's content as JSON, or {"error": text}.
  std::vector<Json> documents;
};
Json to_json(const ImageResult& result);
ImageResult image_result_from_json(const Json& json);

}  // namespace lichen::wire
