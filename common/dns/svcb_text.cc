// The text of service parameters (RFC 9460 section 2.1, appendix A): key=value words in any order, stored in
// the order of their keys. Each known key is a row: its name, and how its value is read, printed and checked.
// A key that we do not know is keyNNNNN with octets as value.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/dns/address_text.h"
#include "common/dns/binary_text.h"
#include "common/dns/rdata_text_reader.h"
#include "fmt/format.h"

namespace cairn {
namespace {

constexpr uint16_t kMandatory = 0, kAlpn = 1, kNoDefaultAlpn = 2, kPort = 3, kIp4Hint = 4, kEch = 5,
                   kIp6Hint = 6, kDohPath = 7, kOhttp = 8, kInvalidKey = 65535;

using Octets = std::string;  // a value in wire form

struct SvcKey {
  uint16_t number;
  std::string_view name;
  std::string_view expected;
  // Reads a value, its character-string escapes already undone, and appends its wire form.
  bool (*read)(std::string_view text, Octets& value);
  // Appends the text form; false when the value is none that `read` makes.
  bool (*print)(ByteView value, std::string& out);
};

const SvcKey* FindKey(uint16_t number);
const SvcKey* FindKey(std::string_view name);

void AppendU16(uint16_t number, Octets& value) {
  value += static_cast<char>(number >> 8);
  value += static_cast<char>(number & 0xff);
}

// Calls item(part) for each part between commas, until it returns false. An empty list has one empty part.
template <typename Item>
bool ForEachPart(std::string_view list, Item item) {
  for (;;) {
    const size_t comma = list.find(',');
    if (!item(list.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

// "port" or "key667", without leading zeros; 65535 is reserved as invalid (RFC 9460 section 14.3).
std::optional<uint16_t> KeyNumber(std::string_view name) {
  if (const SvcKey* key = FindKey(name)) return key->number;
  if (name.size() < 4 || name.substr(0, 3) != "key" || (name[3] == '0' && name.size() > 4))
    return std::nullopt;
  uint64_t number = 0;
  if (!NumberFromText(name.substr(3), kInvalidKey - 1, number)) return std::nullopt;
  return static_cast<uint16_t>(number);
}

void AppendKeyName(uint16_t number, std::string& out) {
  const SvcKey* key = FindKey(number);
  if (key != nullptr) {
    out += key->name;
  } else {
    fmt::format_to(std::back_inserter(out), "key{}", number);
  }
}

// mandatory: other keys, none twice, stored in ascending order (RFC 9460 section 8).
bool ReadMandatory(std::string_view text, Octets& value) {
  std::vector<uint16_t> keys;
  const bool known = ForEachPart(text, [&keys](std::string_view name) {
    const std::optional<uint16_t> key = KeyNumber(name);
    if (key) keys.push_back(*key);
    return key.has_value() && *key != kMandatory;
  });
  std::ranges::sort(keys);
  if (!known || std::ranges::adjacent_find(keys) != keys.end()) return false;
  for (const uint16_t key : keys) AppendU16(key, value);
  return true;
}

bool PrintMandatory(ByteView value, std::string& out) {
  if (value.empty() || value.size() % 2 != 0) return false;
  int last = kMandatory;
  for (size_t i = 0; i < value.size(); i += 2) {
    const uint16_t key = LoadU16(&value[i]);
    if (key <= last || key == kInvalidKey) return false;
    last = key;
    if (i != 0) out += ',';
    AppendKeyName(key, out);
  }
  return true;
}

// alpn: a list whose parts may hold commas and backslashes, escaped once more (RFC 9460 appendix A.1); each
// part is stored behind its length and is not empty.
bool ReadAlpn(std::string_view text, Octets& value) {
  Octets part;
  const auto end_part = [&part, &value] {
    if (part.empty() || part.size() > 255) return false;
    value += static_cast<char>(part.size());
    value += part;
    part.clear();
    return true;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      if (!end_part()) return false;
      continue;
    }
    if (text[i] == '\\' && (++i == text.size() || (text[i] != ',' && text[i] != '\\'))) return false;
    part += text[i];
  }
  return end_part();
}

bool PrintAlpn(ByteView value, std::string& out) {
  std::string list;
  size_t i = 0;
  do {
    const size_t length = i < value.size() ? value[i] : 0;
    if (length == 0 || length > value.size() - i - 1) return false;
    if (i != 0) list += ',';
    for (const char c : AsText(value.subspan(i + 1, length))) {
      if (c == ',' || c == '\\') list += '\\';
      list += c;
    }
    i += 1 + length;
  } while (i < value.size());
  AppendQuoted(list, out);
  return true;
}

bool ReadNothing(std::string_view text, Octets&) { return text.empty(); }
bool PrintNothing(ByteView value, std::string&) { return value.empty(); }

bool ReadPort(std::string_view text, Octets& value) {
  uint64_t port = 0;
  if (!NumberFromText(text, 65535, port)) return false;
  AppendU16(static_cast<uint16_t>(port), value);
  return true;
}

bool PrintPort(ByteView value, std::string& out) {
  if (value.size() != 2) return false;
  fmt::format_to(std::back_inserter(out), "{}", LoadU16(value.data()));
  return true;
}

template <size_t kAddressOctets, bool (*kFromText)(std::string_view, uint8_t*)>
bool ReadHint(std::string_view text, Octets& value) {
  return ForEachPart(text, [&value](std::string_view part) {
    std::array<uint8_t, kAddressOctets> address;
    if (!kFromText(part, address.data())) return false;
    value += AsText(address);
    return true;
  });
}

template <size_t kAddressOctets, void (*kAppend)(const uint8_t*, std::string&)>
bool PrintHint(ByteView value, std::string& out) {
  if (value.empty() || value.size() % kAddressOctets != 0) return false;
  for (size_t i = 0; i < value.size(); i += kAddressOctets) {
    if (i != 0) out += ',';
    kAppend(&value[i], out);
  }
  return true;
}

bool ReadEch(std::string_view text, Octets& value) {
  RdataBuffer octets;
  Base64Reader base64(octets);
  if (text.empty() || !base64.Add(text) || !base64.Done() || octets.overflowed()) return false;
  value += AsText(octets.view());
  return true;
}

bool PrintEch(ByteView value, std::string& out) {
  AppendBase64(value, out);
  return !value.empty();
}

// A URI template, relative, with the variable "dns" (RFC 9461 section 5).
bool ReadDohPath(std::string_view text, Octets& value) {
  value += text;
  const size_t variable = text.find('{');
  return text.starts_with('/') && variable != std::string_view::npos &&
         text.find("dns", variable) != std::string_view::npos;
}

bool PrintDohPath(ByteView value, std::string& out) {
  AppendQuoted(AsText(value), out);
  Octets ignored;
  return ReadDohPath(AsText(value), ignored);
}

constexpr SvcKey kKeys[] = {
    {kMandatory, "mandatory", "a list of other keys, none twice", ReadMandatory, PrintMandatory},
    {kAlpn, "alpn", "a list of protocols of 1 to 255 octets each", ReadAlpn, PrintAlpn},
    {kNoDefaultAlpn, "no-default-alpn", "no value", ReadNothing, PrintNothing},
    {kPort, "port", "a number from 0 to 65535", ReadPort, PrintPort},
    {kIp4Hint, "ipv4hint", "a list of IPv4 addresses", ReadHint<4, Ip4FromText>, PrintHint<4, AppendIp4>},
    {kEch, "ech", "base64", ReadEch, PrintEch},
    {kIp6Hint, "ipv6hint", "a list of IPv6 addresses", ReadHint<16, Ip6FromText>, PrintHint<16, AppendIp6>},
    {kDohPath, "dohpath", "a path with the variable dns, like /dns-query{?dns}", ReadDohPath, PrintDohPath},
    {kOhttp, "ohttp", "no value", ReadNothing, PrintNothing},
};

const SvcKey* FindKey(uint16_t number) { return number < std::size(kKeys) ? &kKeys[number] : nullptr; }

const SvcKey* FindKey(std::string_view name) {
  const auto* const key = std::ranges::find(kKeys, name, &SvcKey::name);
  return key == std::end(kKeys) ? nullptr : key;
}

struct SvcParam {
  uint16_t key;
  Octets value;
  Token token;
};

// Undoes one level of escapes.
bool Unescape(std::string_view text, Octets& octets) {
  for (size_t i = 0; i < text.size();) {
    uint8_t octet = 0;
    if (!ReadOctet(text, i, octet)) return false;
    octets += static_cast<char>(octet);
  }
  return true;
}

bool ReadParam(RdataTextReader& in, const Token& token, SvcParam& param) {
  const std::string_view word = token.text();
  const size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::optional<uint16_t> number = KeyNumber(name);
  if (!number || token.quoted) {
    return in.Bad(token,
                  "key or key=value with a key of the registry, or keyNNNNN with a number from 0 to 65534");
  }
  std::string_view text = equals == std::string_view::npos ? "" : word.substr(equals + 1);
  if (token.pair) {
    if (text.size() < 2 || text.front() != '"' || text.find_last_of('"') != text.size() - 1) {
      return in.Bad(token, "quotes around the whole value, as in key=\"value\"");
    }
    text = text.substr(1, text.size() - 2);
  }
  Octets plain;
  if (!Unescape(text, plain)) return in.Bad(token, "escapes \\X or \\DDD with DDD from 000 to 255");
  param.key = *number;
  param.token = token;
  const SvcKey* key = FindKey(*number);
  if (key == nullptr) {
    param.value = std::move(plain);
    return true;
  }
  if (name == key->name) return key->read(plain, param.value) || in.Bad(token, key->expected);
  // keyNNNNN with the number of a key that we know: its octets must make sense.
  param.value = std::move(plain);
  std::string ignored;
  return key->print(AsBytes(param.value), ignored) ||
         in.Bad(token, fmt::format("the octets of {}", key->name));
}

// `params` are sorted.
const SvcParam* FindParam(const std::vector<SvcParam>& params, uint16_t key) {
  const auto found = std::ranges::lower_bound(params, key, {}, &SvcParam::key);
  return found == params.end() || found->key != key ? nullptr : &*found;
}

// What one parameter demands of the others (RFC 9460 sections 7.1.1 and 8).
bool CheckTogether(RdataTextReader& in, const std::vector<SvcParam>& params) {
  for (size_t i = 1; i < params.size(); ++i) {
    if (params[i].key == params[i - 1].key) return in.Bad(params[i].token, "each key only once");
  }
  const SvcParam* no_default = FindParam(params, kNoDefaultAlpn);
  if (no_default != nullptr && FindParam(params, kAlpn) == nullptr) {
    return in.Bad(no_default->token, "alpn beside it (RFC 9460 section 7.1.1)");
  }
  const SvcParam* mandatory = FindParam(params, kMandatory);
  if (mandatory == nullptr) return true;
  for (size_t i = 0; i < mandatory->value.size(); i += 2) {
    const uint16_t key = LoadU16(AsBytes(mandatory->value).data() + i);
    if (FindParam(params, key) != nullptr) continue;
    std::string expected = "every key it names, but there is no ";
    AppendKeyName(key, expected);
    return in.Bad(mandatory->token, expected);
  }
  return true;
}

// The same question about a value as it is on the wire.
bool StandTogether(const std::vector<uint16_t>& keys, ByteView mandatory) {
  const auto has = [&keys](uint16_t key) { return std::ranges::binary_search(keys, key); };
  if (has(kNoDefaultAlpn) && !has(kAlpn)) return false;
  for (size_t i = 0; i < mandatory.size(); i += 2) {
    if (!has(LoadU16(&mandatory[i]))) return false;
  }
  return true;
}

}  // namespace

bool ReadSvcParamsText(RdataTextReader& in) {
  std::vector<SvcParam> params;
  while (in.tokens.has_token()) {
    const Token token = in.tokens.token();
    in.tokens.Advance();
    if (!ReadParam(in, token, params.emplace_back())) return false;
  }
  std::ranges::sort(params, [](const SvcParam& a, const SvcParam& b) {
    return a.key != b.key ? a.key < b.key : a.token.begin < b.token.begin;
  });
  if (!CheckTogether(in, params)) return false;
  for (const SvcParam& param : params) {
    if (param.value.size() > 65535) return in.Bad(param.token, "a value of at most 65535 octets");
    in.out.PutU16(param.key);
    in.out.PutU16(static_cast<uint16_t>(param.value.size()));
    in.out.Put(AsBytes(param.value));
  }
  return true;
}

bool AppendSvcParamsText(ByteView params, std::string& out) {
  std::vector<uint16_t> keys;
  ByteView mandatory;
  for (size_t at = 0; at < params.size();) {
    const uint16_t number = LoadU16(&params[at]);
    const ByteView value = params.subspan(at + 4, LoadU16(&params[at + 2]));
    const SvcKey* key = FindKey(number);
    if (number == kInvalidKey) return false;
    if (number == kMandatory) mandatory = value;
    keys.push_back(number);
    if (at != 0) out += ' ';
    AppendKeyName(number, out);
    if (!value.empty()) out += '=';
    if (key != nullptr) {
      if (!key->print(value, out)) return false;
    } else if (!value.empty()) {
      AppendQuoted(AsText(value), out);
    }
    at += 4 + value.size();
  }
  return StandTogether(keys, mandatory);
}

}  // namespace cairn
