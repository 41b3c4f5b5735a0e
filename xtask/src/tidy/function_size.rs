//! No function is longer than 80 lines, signature and braces included.

use super::tree::Tree;
use super::violation::Violation;
use crate::rust_source;

const MAX_LINES: usize = 80;

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust_files() {
        for function in rust_source::functions(file.code()) {
            let count = function.last_line - function.first_line + 1;
            if count > MAX_LINES {
                let message = format!("`{}` has {count} lines, {MAX_LINES} are allowed", function.name);
                let mend = "name its parts as functions, or make its branches rows of a table";
                let mut violation = Violation::new(&file.path, function.first_line, message, mend);
                violation.item = Some(function.name);
                found.push(violation);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_after_the_last_allowed_one_is_too_much() {
        let body = |lines: usize| format!("//! x\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
        let found = check(&Tree::sample(&[("a.rs", &body(MAX_LINES)), ("b.rs", &body(MAX_LINES + 1))]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].place().as_str(), found[0].line), ("b.rs#f", 2));
    }
}
