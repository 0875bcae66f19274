// Words, braces and texts of `.arch` files, told apart by what follows them: the patterns with `(?=…)` of grammar/arch.lark.
//
// A word is read whole; what follows is looked at without being part of it (`peek`).

#include "tree_sitter/parser.h"

#include <stdbool.h>
#include <string.h>

enum Token {
  IDENTIFIER, MEMBER, VALUE_IF, BRACE, BRACE_BAR, TEXT, TEXT_START, TEXT_PIECE, HOLE_START, TEXT_END,
  HARD_FIRST, IF = HARD_FIRST, ELSE, FOR, IN, LET, REPEAT, REQUIRE, AND, OR, NOT, TRUE_, FALSE_, NONE, HARD_LAST = NONE,
  SOFT_FIRST, ARCH = SOFT_FIRST, IMPORT, FROM, AS, BLOCK, TAKES, GIVES, NETWORK, OPERATION, WEIGHT, BUFFER, STAGE, AUX, DEFAULT, BUDGET,
  INPUT, OUTPUT, EXPECT, INDEXED, FLAT, SOFT_LAST = FLAT,
  NONE_OF_THESE,
};

static const char *const WORDS[] = {
  [IF] = "if", [ELSE] = "else", [FOR] = "for", [IN] = "in", [LET] = "let", [REPEAT] = "repeat", [REQUIRE] = "require", [AND] = "and",
  [OR] = "or", [NOT] = "not", [TRUE_] = "true", [FALSE_] = "false", [NONE] = "none", [ARCH] = "arch", [IMPORT] = "import", [FROM] = "from",
  [AS] = "as", [BLOCK] = "block", [TAKES] = "takes", [GIVES] = "gives", [NETWORK] = "network", [OPERATION] = "operation",
  [WEIGHT] = "weight", [BUFFER] = "buffer", [STAGE] = "stage", [AUX] = "aux", [DEFAULT] = "default", [BUDGET] = "budget",
  [INPUT] = "input", [OUTPUT] = "output", [EXPECT] = "expect", [INDEXED] = "indexed", [FLAT] = "flat",
};

// How far a decision looks. What is not decided by then is taken for a name or a statement.
#define FARTHEST 8192

typedef struct {
  TSLexer *lexer;
  int32_t ahead[FARTHEST];
  unsigned length;
} Ahead;

// The character at a place behind the token; 0 at the end of the text.
static int32_t peek(Ahead *from, unsigned place) {
  while (from->length <= place && from->length < FARTHEST) {
    from->ahead[from->length++] = from->lexer->eof(from->lexer) ? 0 : from->lexer->lookahead;
    if (!from->lexer->eof(from->lexer)) from->lexer->advance(from->lexer, false);
  }
  return place < from->length ? from->ahead[place] : 0;
}

static bool is_first(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_word(int32_t c) { return is_first(c) || is_digit(c) || c > 127; }
static bool is_blank(int32_t c) { return c == ' ' || c == '\t' || c == '\f'; }
static bool is_white(int32_t c) { return is_blank(c) || c == '\r' || c == '\n'; }

static unsigned over_blanks(Ahead *from, unsigned place) {
  while (is_blank(peek(from, place))) place++;
  return place;
}

// Over white space and comments.
static unsigned over_white(Ahead *from, unsigned place) {
  for (;;) {
    if (is_white(peek(from, place))) place++;
    else if (peek(from, place) == '#') while (peek(from, place) && peek(from, place) != '\n') place++;
    else return place;
  }
}

static unsigned over_word(Ahead *from, unsigned place) {
  while (is_word(peek(from, place))) place++;
  return place;
}

// Which word of the language stands at a place; IDENTIFIER for any other, or none.
static enum Token word_at(Ahead *from, unsigned place) {
  unsigned length = over_word(from, place) - place;
  for (int token = HARD_FIRST; token <= SOFT_LAST; token++) {
    unsigned at = 0;
    while (at < length && WORDS[token][at] && peek(from, place + at) == WORDS[token][at]) at++;
    if (at == length && !WORDS[token][at]) return (enum Token)token;
  }
  return IDENTIFIER;
}

static bool is_hard(enum Token token) { return token >= HARD_FIRST && token <= HARD_LAST; }

// A word that is one of the language before a name on its line. `arch`, `expect`, `indexed` and `flat` have rules of their own.
static bool takes_turns(enum Token token) { return token >= IMPORT && token <= OUTPUT; }

static bool may_precede_text(enum Token token) {
  return token == IMPORT || token == FROM || token == BLOCK || token == NETWORK || token == WEIGHT || token == BUFFER || token == STAGE ||
         token == AUX || token == OUTPUT;
}

static bool before_list(Ahead *from, unsigned place) { return peek(from, over_white(from, place)) == '['; }

static bool before_body(Ahead *from, unsigned place) {
  place = over_white(from, place);
  return peek(from, place) == '{' && peek(from, over_white(from, place + 1)) != '|';
}

// Whether `expect [` or `indexed {` stands at a place.
static bool opens_list_or_body(Ahead *from, unsigned place) {
  enum Token token = word_at(from, place);
  unsigned end = over_word(from, place);
  return (token == EXPECT && before_list(from, end)) || ((token == INDEXED || token == FLAT) && before_body(from, end));
}

static bool before_in(Ahead *from, unsigned place) {
  unsigned next = over_blanks(from, place);
  return next > place && word_at(from, next) == IN;
}

// Whether the word at a place, which takes turns, has nothing behind it that it opens.
static bool opens_nothing(Ahead *from, unsigned place) {
  enum Token token = word_at(from, place);
  unsigned end = over_word(from, place), next = over_blanks(from, end);
  int32_t sign = peek(from, next);
  bool apart = next > end;
  if (sign != '"' && !(apart && is_first(sign))) return true;
  if (!apart) return false;
  enum Token follows = word_at(from, next);
  if (follows == IN) return token != OUTPUT;
  if (is_hard(follows) || opens_list_or_body(from, next)) return true;
  unsigned behind = over_word(from, next);
  return (may_precede_text(follows) && peek(from, over_blanks(from, behind)) == '"') || (follows == OUTPUT && before_in(from, behind));
}

// Whether a name follows on the same line, `_BEFORE_NAME`: in a row of words that take turns the last one decides.
static bool before_name(Ahead *from, unsigned place) {
  if (!is_blank(peek(from, place))) return false;
  place = over_blanks(from, place);
  for (;;) {
    enum Token token = word_at(from, place);
    if (takes_turns(token)) {
      if (opens_nothing(from, place)) return true;
    } else {
      return is_first(peek(from, place)) && !is_hard(token) && !opens_list_or_body(from, place);
    }
    for (int pair = 0; pair < 2; pair++) {
      if (!takes_turns(word_at(from, place))) return false;
      unsigned end = over_word(from, place);
      place = over_blanks(from, end);
      if (place == end) return false;
    }
  }
}

// Over the value behind an `if`, to the end of its `else`; false where a statement begins or ends before. `ifs` may still stand in it.
static bool over_else(Ahead *from, unsigned *place, int ifs) {
  for (;;) {
    int32_t sign = peek(from, *place);
    if (!sign) return false;
    if (sign == '"') {
      do (*place)++; while (peek(from, *place) && peek(from, *place) != '"' && peek(from, *place) != '\n');
      if (peek(from, (*place)++) != '"') return false;
    } else if (sign == '#') {
      while (peek(from, *place) && peek(from, *place) != '\n') (*place)++;
    } else if (sign == '.') {
      do (*place)++; while (is_white(peek(from, *place)));
      if (!is_word(peek(from, *place))) return false;
      *place = over_word(from, *place);
    } else if (is_word(sign)) {
      enum Token token = word_at(from, *place);
      *place = over_word(from, *place);
      if (token == ELSE) return true;
      if (token == LET || token == FOR || token == REPEAT || token == REQUIRE) return false;
      if (token == IF && (ifs == 0 || !over_else(from, place, ifs - 1))) return false;
    } else if (sign == '{' || sign == '}' || sign == '|' || sign == ':' || (sign == '-' && peek(from, *place + 1) == '>')) {
      return false;
    } else {
      (*place)++;
    }
  }
}

static bool is_language(Ahead *from, enum Token token) {
  switch (token) {
    case ARCH: return is_blank(peek(from, 0)) && is_digit(peek(from, over_blanks(from, 0)));
    case EXPECT: return before_list(from, 0);
    case INDEXED: case FLAT: return before_body(from, 0);
    case OUTPUT: if (before_in(from, 0)) return true; break;
    default: break;
  }
  return before_name(from, 0) || (may_precede_text(token) && peek(from, over_blanks(from, 0)) == '"');
}

static bool found(TSLexer *lexer, enum Token token) {
  lexer->result_symbol = token;
  return true;
}

static bool scan_word(TSLexer *lexer, const bool *valid) {
  char text[16];
  unsigned length = 0;
  while (is_first(lexer->lookahead) || is_digit(lexer->lookahead)) {
    if (length < sizeof text) text[length++] = (char)lexer->lookahead;
    lexer->advance(lexer, false);
  }
  lexer->mark_end(lexer);
  if (valid[MEMBER] && !valid[NONE_OF_THESE]) return found(lexer, MEMBER);
  Ahead from = {.lexer = lexer, .length = 0};
  for (int token = HARD_FIRST; token <= SOFT_LAST; token++) {
    if (strlen(WORDS[token]) != length || memcmp(WORDS[token], text, length) != 0) continue;
    if (token == IF) {
      unsigned place = 0;
      return found(lexer, over_else(&from, &place, 2) ? VALUE_IF : IF);
    }
    if (is_hard((enum Token)token) || is_language(&from, (enum Token)token)) return found(lexer, (enum Token)token);
  }
  return found(lexer, IDENTIFIER);
}

// What stands in a text that has holes: a piece, the begin of a hole, or the end.
static bool scan_in_text(TSLexer *lexer) {
  bool some = false;
  for (;;) {
    int32_t sign = lexer->lookahead;
    lexer->mark_end(lexer);
    if (lexer->eof(lexer) || sign == '\n') return some && found(lexer, TEXT_PIECE);
    if (sign == '"') {
      if (some) return found(lexer, TEXT_PIECE);
      lexer->advance(lexer, false);
      lexer->mark_end(lexer);
      return found(lexer, TEXT_END);
    }
    lexer->advance(lexer, false);
    if (sign == '{' || sign == '}') {
      if (lexer->lookahead != sign) {
        if (some) return found(lexer, TEXT_PIECE);
        lexer->mark_end(lexer);
        while (sign == '{' && !lexer->eof(lexer) && !strchr("\"{}\n", (int)(lexer->lookahead < 128 ? lexer->lookahead : 'a'))) lexer->advance(lexer, false);
        return sign == '{' && lexer->lookahead == '}' && found(lexer, HOLE_START);
      }
      lexer->advance(lexer, false);
    }
    some = true;
  }
}

static bool scan_text(TSLexer *lexer) {
  lexer->advance(lexer, false);
  lexer->mark_end(lexer);
  bool braces = false;
  for (; lexer->lookahead != '"'; lexer->advance(lexer, false)) {
    if (lexer->eof(lexer) || lexer->lookahead == '\n') return false;
    braces |= lexer->lookahead == '{' || lexer->lookahead == '}';
  }
  if (braces) return found(lexer, TEXT_START);
  lexer->advance(lexer, false);
  lexer->mark_end(lexer);
  return found(lexer, TEXT);
}

void *tree_sitter_arch_external_scanner_create(void) { return NULL; }
void tree_sitter_arch_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_arch_external_scanner_serialize(void *payload, char *buffer) { (void)payload; (void)buffer; return 0; }
void tree_sitter_arch_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) { (void)payload; (void)buffer; (void)length; }

bool tree_sitter_arch_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  if (valid[TEXT_END] && !valid[NONE_OF_THESE]) return scan_in_text(lexer);
  while (is_white(lexer->lookahead)) lexer->advance(lexer, true);
  if (is_first(lexer->lookahead)) return scan_word(lexer, valid);
  if (lexer->lookahead == '"') return scan_text(lexer);
  if (lexer->lookahead == '{') {
    lexer->advance(lexer, false);
    lexer->mark_end(lexer);
    Ahead from = {.lexer = lexer, .length = 0};
    return found(lexer, peek(&from, over_white(&from, 0)) == '|' ? BRACE_BAR : BRACE);
  }
  return false;
}
