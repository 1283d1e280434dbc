#include "storage/care/verify.h"

#include <utility>

#include "storage/base/status.h"
#include "storage/care/space_check.h"
#include "storage/graph/recent/link_run.h"
#include "storage/history/history_log.h"

namespace skein {
namespace {

constexpr SpaceId kSpaces[] = {SpaceId::kUsers, SpaceId::kSystem};

void AddUnreadable(const absl::Status& status, VerifyReport* report) {
  report->complete = false;
  report->found.Add(
      {FindingKind::kBytes, SpaceId::kStore, Table::kMeta, "", std::string(Message(status))});
}

// Keys that belong to no space of the table.
absl::Status CheckSpaces(const ScanContext& context, VerifyReport* report) {
  const std::string users = Layout(SpaceId::kUsers).Space();
  const std::string after = PrefixEnd(Layout(SpaceId::kSystem).Space());
  for (size_t t = 0; t < kTableCount; ++t) {
    const auto table = static_cast<Table>(t);
    if (table == Table::kMeta) continue;  // names without a space are there too
    for (const bool low : {true, false}) {
      if (low && table == Table::kHistory) continue;
      TableScan scan(context, table, low ? "" : after, low ? users : "");
      for (;;) {
        SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
        if (!more) break;
        report->found.Add({FindingKind::kKey, SpaceId::kStore, table, SpellKey(scan.key()),
                           "belongs to no graph"});
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckHistory(const ScanContext& context, VerifyReport* report) {
  std::string begin = Layout(SpaceId::kStore).Space();
  const std::string end = Layout(SpaceId::kUsers).Space();
  for (;;) {
    TableScan scan(context, Table::kHistory, begin, end, 1);
    SKEIN_ASSIGN_OR_RETURN(const bool more, scan.Next());
    if (!more) return absl::OkStatus();
    ByteReader in(scan.key().substr(1));
    const std::string name(in.String());
    if (!in.ok() || name.empty()) {
      report->found.Add({FindingKind::kHistory, SpaceId::kStore, Table::kHistory,
                         SpellKey(scan.key()), "is no key of this table"});
      begin = NextKey(scan.key());
      continue;
    }
    std::string prefix = begin.substr(0, 1);
    AppendString(&prefix, name);
    begin = PrefixEnd(prefix);
    auto log = HistoryLog::Open(context.store, name);
    absl::Status status = log.status();
    if (log.ok()) {
      report->checked.log_entries += (*log)->Head().sequence;
      status = (*log)->Verify();
    }
    if (status.code() == absl::StatusCode::kDataLoss) {
      report->found.Add({FindingKind::kHistory, SpaceId::kStore, Table::kHistory,
                         internal::Join("log '", name, "'"), std::string(Message(status))});
    } else if (!status.ok()) {
      return status;
    }
  }
}

absl::Status Check(const ScanContext& context, const VerifyOptions& options, Fixer* fixer,
                   VerifyReport* report) {
  SKEIN_RETURN_IF_ERROR(CheckSpaces(context, report));
  for (const SpaceId space : kSpaces) {
    SpaceCheck check(context, space, options.memory_bytes, *report, fixer);
    const auto stage = [&](std::string_view what) {
      if (options.stage) {
        options.stage(internal::Join(space == SpaceId::kUsers ? "users: " : "system: ", what));
      }
    };
    SKEIN_RETURN_IF_ERROR(check.Run(stage));
  }
  if (options.stage) options.stage("logs");
  return CheckHistory(context, report);
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyStore(Store& store, const VerifyOptions& options) {
  VerifyReport report;
  report.found = Findings(options.lines_max, options.show);
  if (options.stage) options.stage(kVerifyBegins);
  absl::Status status = store.Verify();
  if (status.ok()) {
    SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
    const ScanContext context{store, *view, options.cancelled};
    status = Check(context, options, nullptr, &report);
  }
  if (status.code() == absl::StatusCode::kDataLoss) {
    AddUnreadable(status, &report);
  } else if (!status.ok()) {
    return status;
  }
  return report;
}

absl::StatusOr<RepairReport> RepairStore(Store& store, const VerifyOptions& options) {
  RepairReport report;
  SKEIN_ASSIGN_OR_RETURN(report.before, VerifyStore(store, options));
  if (report.before.found.record_damage() > 0) {
    report.refused = true;
    report.after = report.before;
    return report;
  }
  if (report.before.clean() && report.before.found.count(FindingKind::kLeftover) == 0) {
    report.after = report.before;
    return report;
  }
  // First into pages with what is in runs: what is wrong is wrong there then.
  for (const SpaceId space : kSpaces) {
    SKEIN_RETURN_IF_ERROR(FoldStoredRuns(store, Layout(space)));
  }
  {
    SKEIN_ASSIGN_OR_RETURN(const auto view, store.Latest());
    const ScanContext context{store, *view, options.cancelled};
    Fixer fixer(store, view->version(), report);
    VerifyReport seen;
    SKEIN_RETURN_IF_ERROR(Check(context, options, &fixer, &seen));
    SKEIN_RETURN_IF_ERROR(fixer.Finish());
  }
  SKEIN_ASSIGN_OR_RETURN(report.after, VerifyStore(store, options));
  return report;
}

}  // namespace skein
