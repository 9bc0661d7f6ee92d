// The labels by which a project finds what is its own: docker compose's, so that other tools find it too.
#pragma once

namespace lichen::compose::label {

inline constexpr const char* kProject = "com.docker.compose.project";
inline constexpr const char* kService = "com.docker.compose.service";
inline constexpr const char* kNumber = "com.docker.compose.container-number";
inline constexpr const char* kOneOff = "com.docker.compose.oneoff";  // "True" or "False"
inline constexpr const char* kConfigHash = "com.docker.compose.config-hash";
inline constexpr const char* kImage = "com.docker.compose.image";           // the image's digest
inline constexpr const char* kDependsOn = "com.docker.compose.depends_on";  // "db:service_healthy:false,..."
inline constexpr const char* kWorkingDir = "com.docker.compose.project.working_dir";
inline constexpr const char* kConfigFiles = "com.docker.compose.project.config_files";
inline constexpr const char* kVersion = "com.docker.compose.version";
inline constexpr const char* kVersionValue = "2.40.0";  // of docker compose whose labels and words these are
inline constexpr const char* kNetwork = "com.docker.compose.network";
inline constexpr const char* kVolume = "com.docker.compose.volume";
inline constexpr const char* kReplaces = "com.docker.compose.replace";
// Of lichen alone: the container of a step of pre_start, and a service's files (content and environment of configs and
// secrets) as secrets of the store.
inline constexpr const char* kPreStart = "org.lichen.compose.pre_start";
inline constexpr const char* kFile = "org.lichen.compose.file";

}  // namespace lichen::compose::label
