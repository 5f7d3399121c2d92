#include "common/config/document.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

struct Refused {
  const char* name;
  const char* text;
  const char* complaint;  // start of the first complaint
};

constexpr Refused kRefused[] = {
    {"duplicate key", "a: 1\nb: 2\na: 3\n",
     "f.yaml:3:1: error: 'a' stands here a second time; the first is in line 1"},
    {"anchor", "a: &x 1\n", "f.yaml:1:4: error: anchors"},
    {"alias", "a: [1]\nb: *x\n", "f.yaml:2:4: error: "},
    {"two documents", "a: 1\n---\nb: 2\n", "f.yaml: error: more than one YAML document"},
    {"key is a list", "[a, b]: 1\n", "f.yaml:1:1: error: a key must be a word"},
    {"not closed", "a: [1, 2\n", "f.yaml:2:1: error: not YAML: "},
    {"tab indentation", "a:\n\tb: 1\n", "f.yaml:2:3: error: not YAML: "},
    {"too deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     "f.yaml:1:33: error: nested deeper than 32 levels"},
};

TEST(ConfigDocument, RefusesWhatItCannotMean) {
  for (const Refused& c : kRefused) {
    SCOPED_TRACE(c.name);
    Complaints complaints;
    EXPECT_FALSE(ReadConfigText(c.text, "f.yaml", complaints).has_value());
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_TRUE(complaints[0].ToText().starts_with(c.complaint)) << complaints[0].ToText();
  }
}

// What an operator gets wrong in an editor, in words that say where to look; the parser's own never show.
constexpr Refused kNotYaml[] = {
    {"tab", "server:\n\tuser: x\n",
     "f.yaml:2:6: error: not YAML: a tab indents this line; YAML indents with blanks"},
    {"dedented too far in", "server:\n    user: x\n  threads: 1\n",
     "f.yaml:3:3: error: not YAML: this line is indented otherwise than the options above it"},
    {"two on a line", "server: user: x\n",
     "f.yaml:1:13: error: not YAML: a ':' where no value may begin; write one option a line, and quote "
     "values that hold "
     "': '"},
    {"open bracket", "a: [1, 2\nb: 3\n",
     "f.yaml:2:2: error: not YAML: a '[' was opened and no ']' closes it, or a comma is missing"},
    {"open brace", "a: {b: 1\n",
     "f.yaml:2:1: error: not YAML: a '{' was opened and no '}' closes it, or a comma is missing"},
    {"close only", "a: ]\n", "f.yaml:1:4: error: not YAML: a ']' or '}' which nothing opened"},
    {"open quote", "a: \"b\nc: 1\n",
     "f.yaml:1:4: error: not YAML: a quotation mark was opened here and none closes it"},
    {"open single quote", "a: 'it''s\nc: 1\n",
     "f.yaml:1:4: error: not YAML: a quotation mark was opened here and none closes it"},
    {"at sign", "a: @b\n",
     "f.yaml:1:4: error: not YAML: a value that begins like this must stand in quotation marks"},
    {"dash behind a value", "a: - b\n",
     "f.yaml:1:4: error: not YAML: a '- ' item may not begin here; put it on a line of its own"},
    {"escape", "a: \"\\q\"\n",
     "f.yaml:1:7: error: not YAML: a backslash escape that YAML does not know; single quotation marks take "
     "text as it is"},
};

TEST(ConfigDocument, SaysInPlainWordsWhatIsNotYaml) {
  for (const Refused& c : kNotYaml) {
    SCOPED_TRACE(c.name);
    Complaints complaints;
    EXPECT_FALSE(ReadConfigText(c.text, "f.yaml", complaints).has_value());
    ASSERT_EQ(complaints.size(), 1u);
    EXPECT_EQ(complaints[0].ToText(), c.complaint);
  }
}

TEST(ConfigDocument, KeepsPositionsAndTexts) {
  Complaints complaints;
  const auto root =
      ReadConfigText("server:\n  listen: [127.0.0.1@53, '::1@53']\n  user:\n", "f.yaml", complaints);
  ASSERT_TRUE(root.has_value());
  const ConfigNode* server = root->Find("server");
  ASSERT_NE(server, nullptr);
  const ConfigNode* listen = server->Find("listen");
  ASSERT_NE(listen, nullptr);
  ASSERT_EQ(listen->items.size(), 2u);
  EXPECT_EQ(listen->items[1].text, "::1@53");
  EXPECT_EQ(listen->items[1].where.ToText(), "f.yaml:2:26");
  EXPECT_EQ(server->Find("user")->kind, ConfigNode::Kind::kNull);
  EXPECT_EQ(server->Find("absent"), nullptr);
}

TEST(ConfigDocument, AQuotationMarkInsideOneIsNoOpenOne) {
  for (const char* text : {"a: 'it''s'", "a: \"b\\\"c\" # '", "a: ''", "a: \"\"\nb: it's\n"}) {
    Complaints complaints;
    EXPECT_TRUE(ReadConfigText(text, "f.yaml", complaints).has_value()) << text;
  }
}

TEST(ConfigDocument, EmptyFileIsANullDocument) {
  Complaints complaints;
  const auto root = ReadConfigText("", "f.yaml", complaints);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->kind, ConfigNode::Kind::kNull);
}

TEST(ConfigDocument, MissingFileIsAComplaint) {
  Complaints complaints;
  EXPECT_FALSE(ReadConfigFile("/nonexistent/cairn.yaml", complaints).has_value());
  ASSERT_EQ(complaints.size(), 1u);
  EXPECT_EQ(complaints[0].ToText(),
            "/nonexistent/cairn.yaml: error: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace cairn
