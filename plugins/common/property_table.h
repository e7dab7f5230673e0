// The properties of an element, said once: each entry names a property, its range and the member
// of the settings that holds it. Defaults are those of a fresh Settings.
#pragma once

#include <glib-object.h>

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace filmgate {

// How each type of member goes in and out of a GValue. An empty string is no string.
template <typename Member>
void read_value(const GValue* value, Member& member) {
  if constexpr (std::is_enum_v<Member>) {
    member = static_cast<Member>(g_value_get_enum(value));
  } else if constexpr (std::is_same_v<Member, bool>) {
    member = g_value_get_boolean(value) != FALSE;
  } else if constexpr (std::is_same_v<Member, int>) {
    member = g_value_get_int(value);
  } else if constexpr (std::is_same_v<Member, unsigned>) {
    member = g_value_get_uint(value);
  } else if constexpr (std::is_same_v<Member, uint64_t>) {
    member = g_value_get_uint64(value);
  } else {
    static_assert(std::is_same_v<Member, std::string>);
    const char* text = g_value_get_string(value);
    member = text ? text : "";
  }
}

template <typename Member>
void write_value(const Member& member, GValue* value) {
  if constexpr (std::is_enum_v<Member>) {
    g_value_set_enum(value, static_cast<int>(member));
  } else if constexpr (std::is_same_v<Member, bool>) {
    g_value_set_boolean(value, member);
  } else if constexpr (std::is_same_v<Member, int>) {
    g_value_set_int(value, member);
  } else if constexpr (std::is_same_v<Member, unsigned>) {
    g_value_set_uint(value, member);
  } else if constexpr (std::is_same_v<Member, uint64_t>) {
    g_value_set_uint64(value, member);
  } else {
    static_assert(std::is_same_v<Member, std::string>);
    g_value_set_string(value, member.empty() ? nullptr : member.c_str());
  }
}

// `access` is a generic lambda that gives the member: [](auto& s) -> auto& { return s.width; }.
template <typename Settings>
class PropertyTable {
 public:
  explicit PropertyTable(int flags) : flags_(static_cast<GParamFlags>(flags)) {}

  template <typename Access>
  void text(const char* name, const char* nick, const char* blurb, Access access) {
    add(access,
        [=](GParamFlags flags) { return g_param_spec_string(name, nick, blurb, nullptr, flags); });
  }
  template <typename Access>
  void truth(const char* name, const char* nick, const char* blurb, Access access) {
    const bool usual = access(usual_);
    add(access,
        [=](GParamFlags flags) { return g_param_spec_boolean(name, nick, blurb, usual, flags); });
  }
  template <typename Access>
  void choice(const char* name, const char* nick, const char* blurb, GType (*type)(),
              Access access) {
    const int usual = static_cast<int>(access(usual_));
    add(access, [=](GParamFlags flags) {
      return g_param_spec_enum(name, nick, blurb, type(), usual, flags);
    });
  }
  // A whole number from `least` to `most`; int, unsigned or uint64_t, as the member is.
  template <typename Access, typename Number>
  void number(const char* name, const char* nick, const char* blurb, Number least, Number most,
              Access access) {
    using Member = std::remove_cvref_t<decltype(access(usual_))>;
    const auto low = static_cast<Member>(least);
    const auto high = static_cast<Member>(most);
    const Member usual = access(usual_);
    add(access, [=](GParamFlags flags) {
      if constexpr (std::is_same_v<Member, int>) {
        return g_param_spec_int(name, nick, blurb, low, high, usual, flags);
      } else if constexpr (std::is_same_v<Member, unsigned>) {
        return g_param_spec_uint(name, nick, blurb, low, high, usual, flags);
      } else {
        return g_param_spec_uint64(name, nick, blurb, low, high, usual, flags);
      }
    });
  }

  void install(GObjectClass* object_class) const {
    for (size_t i = 0; i < entries_.size(); ++i) {
      g_object_class_install_property(object_class, static_cast<guint>(i + 1),
                                      entries_[i].spec(flags_));
    }
  }
  // False where there is no property of this id.
  bool set(Settings& settings, guint id, const GValue* value) const {
    if (id == 0 || id > entries_.size()) return false;
    entries_[id - 1].read(settings, value);
    return true;
  }
  bool get(const Settings& settings, guint id, GValue* value) const {
    if (id == 0 || id > entries_.size()) return false;
    entries_[id - 1].write(settings, value);
    return true;
  }

 private:
  struct Entry {
    std::function<GParamSpec*(GParamFlags)> spec;
    std::function<void(Settings&, const GValue*)> read;
    std::function<void(const Settings&, GValue*)> write;
  };

  template <typename Access, typename Spec>
  void add(Access access, Spec spec) {
    entries_.push_back(
        {spec,
         [=](Settings& settings, const GValue* value) { read_value(value, access(settings)); },
         [=](const Settings& settings, GValue* value) { write_value(access(settings), value); }});
  }

  GParamFlags flags_;
  Settings usual_;
  std::vector<Entry> entries_;
};

}  // namespace filmgate
