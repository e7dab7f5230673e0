// HTML from templates; every value is escaped by the template engine.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>

#include "plugins/core/json.h"

namespace filmgate::http {

using PageData = kainjow::mustache::data;

// `name` of a template in data/assets; head, foot and facts are partials of all.
std::string render(const char* name, PageData data);

// A page that says one thing: an error, or that something was done.
std::string message_page(const std::string& title, const std::string& text);

// Sets media, metadata, findings and measures for facts.html.
void set_facts(PageData& data, const Json& facts);

}  // namespace filmgate::http
