// Whether a container is as far as another service, or --wait, wants it to be: read from its record.
#pragma once

#include <set>
#include <string>

#include "compose/project_view.hh"
#include "libpod/store/container_store.hh"

namespace lichen::compose {

class Conditions {
 public:
  explicit Conditions(ProjectView& view) : view_(view) {}

  /// service_healthy. @throws Error{conflict} it is unhealthy or has ended; Error{usage} it has no check
  bool is_healthy(const store::ContainerRecord& record);
  /// service_completed_successfully. @throws Error{conflict} it ended with another code
  bool has_completed(const std::string& service, const store::ContainerRecord& record);
  /// --wait: it runs, is healthy where there is a check, or has ended with 0. @throws Error{conflict} it never will
  bool is_up(const store::ContainerRecord& record);

 private:
  void show_waiting(const std::string& object);
  void show_done(const std::string& object, const std::string& did);

  ProjectView& view_;
  std::set<std::string> shown_, waiting_;
};

}  // namespace lichen::compose
