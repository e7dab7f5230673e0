# Writes OUTPUT, a C++ file that holds each of the ASSETS (a list with "|") as a string literal, so
# that the daemon needs no files beside it. Run with cmake -P.
string(REPLACE "|" ";" ASSETS "${ASSETS}")
set(text "#include \"host/http/assets.h\"\n\nnamespace filmgate::http {\n\n")
string(APPEND text "std::string_view asset(std::string_view name) {\n")
foreach(path IN LISTS ASSETS)
  get_filename_component(name "${path}" NAME)
  file(READ "${path}" content)
  string(APPEND text "  if (name == \"${name}\") {\n    return R\"FILMGATE(${content})FILMGATE\";\n  }\n")
endforeach()
string(APPEND text "  return {};\n}\n\n}  // namespace filmgate::http\n")
file(WRITE "${OUTPUT}" "${text}")
