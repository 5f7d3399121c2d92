// Options, declared once: name, where the value lives, its limits, what it means. One declaration serves
// reading a document, printing the effective configuration (`check-config`) and telling which words exist
// when one is misspelt.
//
//   void Declare(ConfigSchema& schema, Options& options) {
//     ConfigSchema& server = schema.Section("server", "sockets and process");
//     server.Number("threads", options.threads, 1, 256, "worker threads");
//     server.Octets("cache-size", options.cache_octets, 1 << 20, 1 << 40, "memory for the cache");
//   }
//
// The defaults are what the bound variables hold when they are declared. A ConfigSchema borrows those
// variables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/complaint.h"
#include "common/config/document.h"
#include "common/dns/name.h"
#include "common/net/endpoint.h"

namespace cairn {

// A scalar as YAML: plain where it reads back as itself, else in double quotes.
std::string QuotedForYaml(std::string_view text);

class ConfigSchema {
 public:
  ConfigSchema() = default;
  ConfigSchema(const ConfigSchema&) = delete;
  ConfigSchema& operator=(const ConfigSchema&) = delete;

  // A map of further options. Where one of them is `enabled`, `off` in the place of the map is short for its
  // false.
  ConfigSchema& Section(std::string_view name, std::string_view text);

  void Flag(std::string_view name, bool& value, std::string_view text);  // true or false
  void Text(std::string_view name, std::string& value, std::string_view text,
            size_t most_octets = std::string::npos);
  template <typename Integer>
  void Number(std::string_view name, Integer& value, Integer least, Integer most, std::string_view text);
  void Octets(std::string_view name, size_t& value, size_t least, size_t most,
              std::string_view text);  // 64KiB, 256MiB, 3GiB
  // 500ms, 10s, 5m, 2h, 1d, 1w; a bare number is seconds.
  void Time(std::string_view name, Duration& value, Duration least, Duration most, std::string_view text);
  void Addresses(std::string_view name, std::vector<IpAddress>& value, std::string_view text);
  void Subnets(std::string_view name, std::vector<Subnet>& value, std::string_view text);
  void Endpoints(std::string_view name, std::vector<Endpoint>& value, uint16_t default_port,
                 std::string_view text);
  void DomainName(std::string_view name, Name& value, std::string_view text);
  // One of several words.
  template <typename Enum>
  void Choice(std::string_view name, Enum& value, std::vector<std::pair<std::string, Enum>> words,
              std::string_view text);
  // A list of maps; `declare` binds the options of one item. What an item does not say it has from `start`,
  // which sees the item's map, or from Item's own defaults.
  template <typename Item>
  void List(std::string_view name, std::vector<Item>& items,
            std::function<void(ConfigSchema&, Item&)> declare, std::string_view text,
            std::function<Item(const ConfigNode&)> start = {});
  // A word or a number that a function reads; it returns what is wrong, or nothing. `print` gives YAML.
  void Custom(std::string_view name, std::function<std::optional<std::string>(const ConfigNode&)> read,
              std::function<std::string()> print, std::string_view text);
  // A word of other versions of Cairn: refused with `instead`, which says what there is in this one; never
  // printed.
  void NotHere(std::string_view name, std::string_view instead);
  // `where` becomes the place of this section or item, for complaints made later.
  void Place(TextPosition& where);
  // The option or section must be given (in each item of a list).
  void Require(std::string_view name);

  // Reads `document` into the bound variables, in the order of the declarations: one may lean on those before
  // it. Every mistake becomes an error with its position, in the order of the file; variables of options with
  // mistakes keep their defaults.
  void Read(const ConfigNode& document, Complaints& complaints);
  // The effective values as YAML that reads back to the same values, two blanks an indentation level.
  std::string Print(bool with_texts = false) const;
  // Where the value of an option of this section stands; the section's own place when it was not given.
  TextPosition WhereIs(std::string_view name) const;
  // Whether the document read has the option; a default that nobody wrote may bend to the system it runs on.
  bool Given(std::string_view name) const;

 private:
  struct Option {
    std::string name;
    std::string text;
    bool required = false;
    bool given = false;
    bool printed = true;
    std::function<void(const ConfigNode&, Complaints&)> read;
    std::function<std::string(size_t indent)> print;  // what follows "name:", with its line end
    std::unique_ptr<ConfigSchema> section;
    TextPosition where;
  };
  struct Words {
    std::vector<std::string> words;
    std::function<void(size_t)> choose;
    std::function<size_t()> chosen;
  };

  bool Has(std::string_view name) const;
  Option& Add(std::string_view name, std::string_view text);
  void Scalar(std::string_view name, std::string_view text,
              std::function<std::optional<std::string>(const std::string&)> read,
              std::function<std::string()> print);
  void Whole(std::string_view name, std::string_view text, int64_t least, int64_t most,
             std::function<void(int64_t)> set, std::function<int64_t()> get);
  void ChoiceOfWords(std::string_view name, std::string_view text, Words words);
  void ComplainOfUnknownWords(const ConfigNode& document, Complaints& complaints) const;
  void PrintInto(std::string& out, size_t indent, bool with_texts) const;
  // A list of items, each a schema of its own made by `item`; `clear` empties the bound vector first.
  void ListOfSchemas(std::string_view name, std::string_view text, std::function<void()> clear,
                     std::function<void(const ConfigNode&, Complaints&)> read_item,
                     std::function<size_t()> count,
                     std::function<std::string(size_t index, size_t indent)> print_item);

  std::vector<std::unique_ptr<Option>> options_;
  TextPosition where_;
  TextPosition* place_ = nullptr;
};

// ---- Templates

template <typename Integer>
void ConfigSchema::Number(std::string_view name, Integer& value, Integer least, Integer most,
                          std::string_view text) {
  Whole(
      name, text, static_cast<int64_t>(least), static_cast<int64_t>(most),
      [&value](int64_t read) { value = static_cast<Integer>(read); },
      [&value] { return static_cast<int64_t>(value); });
}

template <typename Enum>
void ConfigSchema::Choice(std::string_view name, Enum& value, std::vector<std::pair<std::string, Enum>> words,
                          std::string_view text) {
  Words choice;
  for (const auto& [word, meaning] : words) choice.words.push_back(word);
  choice.choose = [&value, words](size_t index) { value = words[index].second; };
  choice.chosen = [&value, words] {
    size_t index = 0;
    while (index + 1 < words.size() && words[index].second != value) ++index;
    return index;
  };
  ChoiceOfWords(name, text, std::move(choice));
}

template <typename Item>
void ConfigSchema::List(std::string_view name, std::vector<Item>& items,
                        std::function<void(ConfigSchema&, Item&)> declare, std::string_view text,
                        std::function<Item(const ConfigNode&)> start) {
  ListOfSchemas(
      name, text, [&items] { items.clear(); },
      [&items, declare, start](const ConfigNode& node, Complaints& complaints) {
        Item item = start ? start(node) : Item();
        ConfigSchema schema;
        declare(schema, item);
        schema.Read(node, complaints);
        items.push_back(std::move(item));
      },
      [&items] { return items.size(); },
      [&items, declare](size_t index, size_t indent) {
        ConfigSchema schema;
        declare(schema, items[index]);
        std::string out;
        schema.PrintInto(out, indent, false);
        return out;
      });
}

}  // namespace cairn
