// Data: the commands about manifest lists, images for several platforms under one name.
#include "src/commands/commands.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using enum CompletionKind;

// How a registry is spoken to.
constexpr OptionSpec kRegistry[] = {
    text("authfile", "path", "Credentials file").with_objects(file),
    text("cert-dir", "path", "Directory with the registry's CA and client certificates").with_objects(directory),
    text("creds", "name[:password]", "Credentials"),
    flag("insecure", "Docker's word for --tls-verify=false").as_hidden(),
    flag("tls-verify", "Verify the registry's certificate").with_default("true"),
};
constexpr OptionSpec kCreate[] = {
    flag("all", "Of a name that is a list itself take all images, not only that for this machine"),
    flag('a', "amend", "Add to a list that exists already"),
    list("annotation", "key=value", "Annotation of the list"),
};
constexpr OptionSpec kAdd[] = {
    flag("all", "Of a name that is a list itself take all images, not only one"),
    list("annotation", "key=value", "Annotation of the entry"),
    text("arch", "name", "Processor, such as arm64, instead of the one that the image names"),
    csv("features", "name", "Features that the image needs"),
    text("os", "name", "Operating system instead of the one that the image names"),
    text("os-version", "version", "Version of the operating system"),
    text("variant", "name", "Variant of the processor, such as v7"),
};
constexpr OptionSpec kAnnotate[] = {
    list("annotation", "key=value", "Annotation of the entry, or of the list with --index"),
    text("arch", "name", "Processor, such as arm64"),
    csv("features", "name", "Features that the image needs"),
    flag("index", "Annotate the list itself"),
    text("os", "name", "Operating system"),
    csv("os-features", "name", "Features of the operating system that the image needs"),
    text("os-version", "version", "Version of the operating system"),
    text("variant", "name", "Variant of the processor, such as v7"),
};
constexpr OptionSpec kPush[] = {
    flag("all", "Push the images too, not only the list").with_default("true"),
    text("compression-format", "format", "Compress layers so").with_values("gzip|zstd"),
    number("compression-level", "level", "1 is fast, 9 (gzip) or 20 (zstd) small; without it the fastest code is used"),
    text("digestfile", "path", "Write the digest of what was pushed to this file").with_objects(file),
    flag("force-compression",
         "Send a layer again that the registry has in another compression (default: with --compression-format)"),
    text('f', "format", "format", "Kind of list and manifests: oci or v2s2 (default: as the images came)")
        .with_hints("oci|v2s2"),
    flag('p', "purge", "Docker's word for --rm").as_hidden(),
    flag('q', "quiet", "Print nothing"),
    flag("remove-signatures", "Accepted: signatures are never sent").as_hidden(),
    flag("rm", "Remove the list when it is pushed"),
};
constexpr OptionSpec kRm[] = {
    flag('i', "ignore", "A list that does not exist is no error"),
};

constexpr CommandSpec kCommands[] = {
    {.path = "manifest",
     .aliases = "",
     .summary = "The commands about images for several platforms",
     .usage = "COMMAND",
     .description = "",
     .examples = "",
     .group = HelpGroup::images,
     .is_group = true},
    {.path = "manifest create",
     .aliases = "",
     .summary = "Make a manifest list, of images or empty",
     .usage = "[OPTIONS] LIST [IMAGE...]",
     .description =
         "An IMAGE that is not here is looked for at its registry; docker://NAME looks only there. It is not fetched.\n"
         "A short name of the list means localhost/LIST.",
     .examples = "lichen manifest create app localhost/app:amd64 localhost/app:arm64\n"
                 "lichen manifest push app registry.example.org/team/app:1.4\n",
     .options = {kCreate, kRegistry},
     .arguments = {1, -1, image},
     .group = HelpGroup::images,
     .handler = manifest_create_command},
    {.path = "manifest add",
     .aliases = "",
     .summary = "Add images to a manifest list",
     .usage = "[OPTIONS] LIST IMAGE [IMAGE...]",
     .description = "An image for a platform that the list has already takes its place.",
     .examples = "lichen manifest add app docker://registry.example.org/app:arm64\n"
                 "lichen manifest add --arch arm --variant v7 app localhost/app:arm\n",
     .options = {kAdd, kRegistry},
     .not_yet_options = {"artifact artifact-config artifact-config-type artifact-exclude-titles artifact-layer-type "
                         "artifact-subject artifact-type"},
     .arguments = {2, -1, image},
     .group = HelpGroup::images,
     .handler = manifest_add_command},
    {.path = "manifest annotate",
     .aliases = "",
     .summary = "Change what a manifest list says about an image",
     .usage = "[OPTIONS] LIST IMAGE|DIGEST",
     .description = "",
     .examples = "lichen manifest annotate --variant v8 app localhost/app:arm64\n",
     .options = {kAnnotate},
     .not_yet_options = {"subject"},
     .arguments = {1, 2, image},
     .group = HelpGroup::images,
     .handler = manifest_annotate_command},
    {.path = "manifest inspect",
     .aliases = "",
     .summary = "Show a manifest list as JSON, or the manifest of an image at its registry",
     .usage = "[OPTIONS] LIST|IMAGE",
     .description = "",
     .examples = "lichen manifest inspect app\nlichen manifest inspect docker.io/library/debian:12\n",
     .options = {kRegistry},
     .not_yet_options = {"verbose/v"},
     .arguments = {1, 1, image},
     .group = HelpGroup::images,
     .handler = manifest_inspect_command},
    {.path = "manifest push",
     .aliases = "",
     .summary = "Send a manifest list and its images to a registry",
     .usage = "[OPTIONS] LIST [DESTINATION]",
     .description =
         "Images that only another registry has are copied from there. DESTINATION may also be oci-archive:FILE or\n"
         "oci:DIRECTORY.",
     .examples = "lichen manifest push --rm app registry.example.org/team/app:1.4\n",
     .options = {kPush, kRegistry},
     .not_yet_options = {"add-compression sign-by sign-by-sigstore sign-by-sigstore-private-key sign-by-sq-fingerprint "
                         "sign-passphrase-file"},
     .arguments = {1, 2, image},
     .group = HelpGroup::images,
     .handler = manifest_push_command},
    {.path = "manifest rm",
     .aliases = "",
     .summary = "Remove manifest lists; their images stay",
     .usage = "[OPTIONS] LIST [LIST...]",
     .description = "",
     .examples = "lichen manifest rm app\n",
     .options = {kRm},
     .arguments = {1, -1, image},
     .group = HelpGroup::images,
     .handler = manifest_rm_command},
    {.path = "manifest remove",
     .aliases = "",
     .summary = "Take an image out of a manifest list",
     .usage = "LIST IMAGE|DIGEST",
     .description = "",
     .examples = "lichen manifest remove app sha256:...\n",
     .arguments = {2, 2, image},
     .group = HelpGroup::images,
     .handler = manifest_remove_command},
    {.path = "manifest exists",
     .aliases = "",
     .summary = "Exit with 0 when the manifest list is here, with 1 when not",
     .usage = "LIST",
     .description = "",
     .examples = "lichen manifest exists app || lichen manifest create app\n",
     .arguments = {1, 1, image},
     .group = HelpGroup::images,
     .handler = manifest_exists_command},
};

}  // namespace

std::span<const CommandSpec> manifest_commands() { return kCommands; }

}  // namespace lichen::cli
