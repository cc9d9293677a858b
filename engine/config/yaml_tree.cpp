// SPDX-License-Identifier: MIT
#include "engine/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

namespace daypack::core {
namespace {

constexpr int kMaxDepth = 8;        // the file needs 4; also ends an alias that holds itself
constexpr int kMaxNodes = 100'000;  // ends aliases of aliases of aliases

class Converter {
  public:
    YamlNode convert(const YAML::Node& node, int line, int depth) {
        if (depth > kMaxDepth) throw YamlError(line, "nested too deep; see the example in README.md");
        if (++nodes_ > kMaxNodes) throw YamlError(line, "too many values; see the example in README.md");
        YamlNode out;
        out.line = node.Mark().is_null() ? line : node.Mark().line + 1;
        switch (node.Type()) {
            case YAML::NodeType::Undefined:
            case YAML::NodeType::Null: out.line = line; break;
            case YAML::NodeType::Scalar:
                out.kind = YamlNode::Kind::scalar;
                out.text = node.Scalar();
                out.quoted = node.Tag() == "!";
                break;
            case YAML::NodeType::Sequence:
                out.kind = YamlNode::Kind::list;
                for (const auto& item : node) out.items.push_back(convert(item, out.line, depth + 1));
                break;
            case YAML::NodeType::Map: convert_map(node, out, depth); break;
        }
        return out;
    }

  private:
    void convert_map(const YAML::Node& node, YamlNode& out, int depth) {
        out.kind = YamlNode::Kind::map;
        for (const auto& pair : node) {
            const int key_line = pair.first.Mark().is_null() ? out.line : pair.first.Mark().line + 1;
            if (!pair.first.IsScalar()) throw YamlError(key_line, "a key must be plain text; write `name: value`");
            out.keys.push_back(pair.first.Scalar());
            out.key_lines.push_back(key_line);
            out.items.push_back(convert(pair.second, key_line, depth + 1));
        }
    }

    int nodes_ = 0;
};

// Counts documents, and ignores their content.
class Documents final : public YAML::EventHandler {
  public:
    void OnDocumentStart(const YAML::Mark& mark) override {
        ++count;
        last_line = mark.is_null() ? 1 : mark.line + 1;
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}

    int count = 0;
    int last_line = 1;
};

// The last line that is not blank, from 1: a bracket that is never closed is missed at the end of the file, which lies
// behind the last line of it.
int last_line_of(const std::string& text) {
    const std::size_t end = text.find_last_not_of(" \t\r\n");
    if (end == std::string::npos) return 1;
    return 1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
}

}  // namespace

YamlNode parse_yaml(const std::string& text) {
    try {
        // Not YAML::LoadAll: there are texts of a few bytes in which it finds documents without end.
        std::istringstream in(text);
        YAML::Parser parser(in);
        Documents documents;
        for (int i = 0; i < 2; ++i) (void)parser.HandleNextDocument(documents);
        if (documents.count == 0) return {};
        if (documents.count > 1) {
            throw YamlError(documents.last_line,
                            "a second YAML document begins here, after `---`, `...` or a value that stands by itself; "
                            "keep one document");
        }
        return Converter().convert(YAML::Load(text), 1, 0);
    } catch (const YAML::Exception& error) {
        const int line = error.mark.is_null() ? 1 : std::min(error.mark.line + 1, last_line_of(text));
        const std::string what = error.msg.substr(0, error.msg.find(':'));  // behind it stands a piece of the file
        throw YamlError(line, "not valid YAML (" + what + "); check indentation, quotes and brackets here");
    }
}

}  // namespace daypack::core
