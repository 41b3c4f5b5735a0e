//! The Expression Constraint Language of SNOMED CT, as far as a typing error shows: brackets that pair, and an operator
//! between one concept and the next.

/// A part of an expression that matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Concept,
    /// What stands before a concept: `<<`, `>!`, `^`.
    Hierarchy,
    Other,
}

/// What is wrong with an expression, to stand behind it.
pub(super) fn fault(expression: &str) -> Option<&'static str> {
    let mut open = Vec::new();
    let mut tokens = Vec::new();
    let mut letters = expression.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '|' | '"' => {
                if !letters.by_ref().any(|(_, other)| other == letter) {
                    return Some("has a term that is not ended; close it with the sign that begins it");
                }
                if letter == '"' {
                    tokens.push(Token::Other);
                }
            }
            '(' | '{' | '[' => {
                open.push(letter);
                tokens.push(Token::Other);
            }
            ')' | '}' | ']' => {
                if !open
                    .pop()
                    .is_some_and(|open| matches!((open, letter), ('(', ')') | ('{', '}') | ('[', ']')))
                {
                    return Some("has a bracket that closes nothing; mend the brackets");
                }
                tokens.push(Token::Other);
            }
            '<' | '>' | '!' | '^' => tokens.push(Token::Hierarchy),
            _ if letter.is_ascii_digit() => {
                let is_part_of_word =
                    expression[..at].ends_with(|before: char| before.is_alphanumeric() || before == '#');
                while letters.next_if(|(_, next)| next.is_ascii_digit()).is_some() {}
                tokens.push(if is_part_of_word { Token::Other } else { Token::Concept });
            }
            _ if letter.is_whitespace() => {}
            _ => tokens.push(Token::Other),
        }
    }
    if !open.is_empty() {
        return Some("has a bracket that is not closed; mend the brackets");
    }
    let stands_alone = tokens
        .split(|token| *token == Token::Other)
        .any(|run| run.iter().filter(|token| **token == Token::Concept).count() > 1);
    stands_alone.then_some("has two concepts side by side; write AND, OR, MINUS or : between them")
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn typing_errors_show_and_right_expressions_pass() {
        let right = [
            "<< 404684003 |Clinical finding|",
            "< 19829001 |Disorder of lung| AND < 301867009",
            "<< 404684003: 363698007 = << 39057004, 116676008 = *",
            "(<< 1 OR << 2) MINUS ^ 700043003",
            "< 27658006: 411116001 = << 385049006, { 179999999100 = < 1, 1142135004 >= #10 }",
            "< 404684003 {{ term = \"heart 2 att\" }}",
        ];
        for expression in right {
            assert_eq!(fault(expression), None, "{expression}");
        }
        for expression in
            ["234234 << 234234", "<< (404684003", "<< 404684003)", "<< 404684003 |Clinical finding"]
        {
            assert!(fault(expression).is_some(), "{expression}");
        }
    }
}
