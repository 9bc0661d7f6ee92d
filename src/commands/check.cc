// system check: 0 when the store is in order, 1 when problems remain.
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/system_check.hh"
#include "src/commands/commands.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

// Names and causes come from damaged files: one line each, nothing that could drive the terminal.
std::string cell(const std::string& text) { return replace_all(replace_all(printable(text), "\n", " "), "\t", " "); }

}  // namespace

int system_check_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto findings = engine::check_store(*engine, args.get_bool("quick"), engine::verify_layers);
  if (findings.empty()) {
    write_out("No damage found.\n");
    return kExitOk;
  }
  const bool repair = args.get_bool("repair");
  if (repair) engine::repair_store(findings);
  std::string table = repair ? "OBJECT\tPROBLEM\tFIX\tSTATE\n" : "OBJECT\tPROBLEM\tFIX\n";
  std::size_t remaining = 0, mendable = 0;
  for (const auto& finding : findings) {
    table += cell(finding.object) + "\t" + cell(finding.problem) + "\t" + cell(finding.fix);
    if (repair) table += finding.repaired ? "\trepaired" : "\tremains";
    table += "\n";
    remaining += finding.repaired ? 0 : 1;
    mendable += finding.repair && !finding.repaired ? 1 : 0;
  }
  write_out(align_columns(table));
  if (mendable > 0 && !repair)
    write_out(format("\n{} of {} can be mended: lichen system check --repair\n", mendable, findings.size()));
  return remaining == 0 ? kExitOk : kExitNo;
}

}  // namespace lichen::cli
