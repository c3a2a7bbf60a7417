#include "bench/setup.h"

#include <fmt/format.h>

#include <bit>

#include "engine/limits.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kWindow = limits::session_in_flight_max;
static_assert(std::has_single_bit(kWindow));

Result<void> check_account(net::Client& client, const CreateAccount& wanted) {
  const auto view = client.show_account(wanted.account);
  if (!view) return std::unexpected(view.error().message);
  if (view->found && view->currency == wanted.currency &&
      view->credit_limit == wanted.credit_limit && view->flags == wanted.flags) {
    return {};
  }
  return std::unexpected(
      fmt::format("account {} exists already with another currency, credit limit or flags; use "
                  "another population "
                  "or a fresh data directory",
                  tools::id_text(wanted.account)));
}

Result<void> check_card(net::Client& client, const CreateCard& wanted) {
  const auto view = client.show_card(wanted.card);
  if (!view) return std::unexpected(view.error().message);
  if (view->found && view->account == wanted.account && view->program == wanted.program) return {};
  return std::unexpected(
      fmt::format("card {} exists already with another account or program; use another population "
                  "or a fresh data "
                  "directory",
                  tools::id_text(wanted.card)));
}

}  // namespace

Setup::Setup(net::Client& client)
    : client_(client),
      pipeline_(client, kWindow,
                [this](std::uint64_t tag, const net::ClientReply& reply) -> Result<void> {
                  const auto outcome = outcome_of(reply);
                  if (!outcome) return std::unexpected(outcome.error());
                  return answered(sent_[tag & (kWindow - 1)], **outcome);
                }),
      sent_(kWindow) {}

Result<void> Setup::send(const Command& command) {
  sent_[next_tag_ & (kWindow - 1)] = command;
  return pipeline_.send(command, next_tag_++);
}

Result<void> Setup::answered(const Command& command, const Outcome& outcome) {
  if (is_approval(outcome.decision)) {
    ++((outcome.flags & kOutcomeRepeated) != 0 ? counts_.repeated : counts_.done);
    return {};
  }
  const bool creates =
      command.kind == CommandKind::create_account || command.kind == CommandKind::create_card;
  if (creates && outcome.decision == Decision::already_exists) {
    existing_.push_back(command);
    return {};
  }
  const auto info = decision_info(outcome.decision);
  return std::unexpected(
      fmt::format("setting up: {} was declined: {} ({})", command_name(command.kind),
                  decision_name(outcome.decision),
                  info ? info->text : "a decision that this program does not know"));
}

Result<SetupCounts> Setup::finish() {
  if (const auto finished = pipeline_.finish(); !finished) return std::unexpected(finished.error());
  for (const Command& command : existing_) {
    const auto same = command.kind == CommandKind::create_account
                          ? check_account(client_, command.create_account)
                          : check_card(client_, command.create_card);
    if (!same) return std::unexpected(same.error());
    ++counts_.repeated;
  }
  existing_.clear();
  return counts_;
}

Result<std::vector<AccountBalance>> read_balances(net::Client& client,
                                                  const std::vector<AccountId>& accounts) {
  std::vector<AccountBalance> balances(accounts.size());
  Pipeline pipeline(
      client, kWindow, [&](std::uint64_t tag, const net::ClientReply& reply) -> Result<void> {
        const auto* view = std::get_if<AccountView>(&reply.body);
        if (view == nullptr) {
          return std::unexpected("the server answered an account inquiry with something else");
        }
        if (!view->found || view->account != accounts[tag]) {
          return std::unexpected(
              fmt::format("account {} was set up, but the server does not show it",
                          tools::id_text(accounts[tag])));
        }
        balances[tag] = {view->ledger_balance, view->held};
        return {};
      });
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    Inquiry inquiry;
    inquiry.account = accounts[i];
    if (auto sent = pipeline.inquire(RequestKind::show_account, inquiry, i); !sent) {
      return std::unexpected(sent.error());
    }
  }
  if (auto finished = pipeline.finish(); !finished) return std::unexpected(finished.error());
  return balances;
}

}  // namespace holdfast::bench
