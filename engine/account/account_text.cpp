// SPDX-License-Identifier: MIT
#include "engine/account/account_text.h"

#include <optional>
#include <string_view>

#include "engine/include/daypack/shm.h"
#include "net/backpack/symbol.h"
#include "net/base/printable.h"

namespace daypack::core {
namespace {

constexpr std::size_t kWordMax = 128;  // of what a stranger sent

// Members of one object, in the order in which they are given.
class JsonObject {
  public:
    void text(std::string_view key, std::string_view value) {
        if (!value.empty()) word(key, value);
    }
    // Also where it is empty.
    void word(std::string_view key, std::string_view value) {
        begin(key);
        text_ += '"';
        for (const char c : printable(value, kWordMax)) {
            if (c == '"' || c == '\\') text_ += '\\';
            text_ += c;
        }
        text_ += '"';
    }
    void amount(std::string_view key, const Amount& value) { text(key, value.text()); }
    void amount(std::string_view key, const std::optional<Amount>& value) {
        if (value) amount(key, *value);
    }
    void number(std::string_view key, std::int64_t value) {
        if (value == 0) return;
        begin(key);
        text_ += std::to_string(value);
    }
    void flag(std::string_view key, bool value) {
        begin(key);
        text_ += value ? "true" : "false";
    }
    [[nodiscard]] std::string done() const { return text_ + "}"; }

  private:
    void begin(std::string_view key) {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_ += key;
        text_ += "\":";
    }

    std::string text_;
};

const char* source_name(AccountSource source) noexcept {
    switch (source) {
        case AccountSource::stream: return "stream";
        case AccountSource::seed: return "seed";
        case AccountSource::mended: return "mended";
    }
    return "";
}

void add(JsonObject& to, const OrderNews& news) {
    const AccountOrder& order = news.event.order;
    to.text("event", "order");
    to.text("source", source_name(news.source));
    to.text("kind", news.event.kind);
    to.text("id", order.id);
    to.text("client_id", order.client_id);
    to.text("symbol", normalised_symbol(order.symbol));
    to.text("side", order.side);
    to.text("type", order.type);
    to.text("status", order.status);
    to.text("time_in_force", order.time_in_force);
    to.text("expiry_reason", order.expiry_reason);
    to.text("origin", news.event.origin);
    to.amount("price", order.price);
    to.amount("quantity", order.quantity);
    to.amount("quote_quantity", order.quote_quantity);
    to.amount("trigger_price", order.trigger_price);
    to.text("trigger_quantity", order.trigger_quantity);
    to.amount("executed", order.executed);
    to.amount("executed_quote", order.executed_quote);
    to.flag("reduce_only", order.reduce_only);
    to.flag("post_only", order.post_only);
    to.flag("is_late", news.is_late);
    to.flag("is_gone", news.is_gone);
    to.number("venue_match_us", news.event.time.us);
}

void add(JsonObject& to, const FillNews& news) {
    const AccountFill& fill = news.fill;
    to.text("event", "fill");
    to.text("source", source_name(news.source));
    to.text("trade_id", fill.trade_id);
    to.text("order_id", fill.order_id);
    to.text("client_id", fill.client_id);
    to.text("symbol", normalised_symbol(fill.symbol));
    to.text("side", fill.side);
    to.text("system_type", fill.system_type);
    to.amount("price", fill.price);
    to.amount("quantity", fill.quantity);
    to.amount("fee", fill.fee);
    to.text("fee_asset", fill.fee_asset);
    to.flag("is_maker", fill.is_maker);
    to.number("venue_match_us", fill.time.us);
}

void add(JsonObject& to, const PositionNews& news) {
    const AccountPosition& position = news.event.position;
    to.text("event", "position");
    to.text("source", source_name(news.source));
    to.text("kind", news.event.kind);
    to.text("id", position.id);
    to.text("symbol", normalised_symbol(position.symbol));
    to.amount("net_quantity", position.net_quantity);
    to.amount("entry_price", position.entry_price);
    to.amount("break_even_price", position.break_even_price);
    to.amount("mark_price", position.mark_price);
    to.amount("exposure_quantity", position.exposure_quantity);
    to.amount("realized", position.realized);
    to.amount("unrealized", position.unrealized);
    to.flag("is_late", news.is_late);
    to.number("venue_match_us", news.event.time.us);
}

void add(JsonObject& to, const BalanceNews& news) {
    const AccountBalance& balance = news.balance;
    to.text("event", "balance");
    to.text("source", source_name(news.source));
    to.text("asset", balance.asset);
    to.amount("available", balance.available);
    to.amount("locked", balance.locked);
    to.amount("staked", balance.staked);
    to.amount("lent", balance.lent);
    to.amount("borrowed", balance.borrowed);
    to.flag("is_late", news.is_late);
    to.number("venue_match_us", news.time.us);
}

void add(JsonObject& to, const AccountStateNews& news) {
    to.text("event", "state");
    to.text("part", account_kind_name(news.kind));
    to.text("state", daypack_state_name(static_cast<unsigned>(news.state.state)));
    to.word("reason", news.state.reason == Reason::none
                          ? std::string_view()
                          : daypack_reason_name(static_cast<unsigned>(news.state.reason)));
    to.flag("unconfirmed", news.state.unconfirmed);
}

}  // namespace

std::string account_json(const AccountReport& report) {
    JsonObject to;
    to.text("account", report.account);
    std::visit([&](const auto& news) { add(to, news); }, report.news);
    return to.done();
}

}  // namespace daypack::core
