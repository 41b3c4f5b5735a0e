//! Text that we write by hand has no tabs, no blanks at a line's end, no carriage returns.

use super::tree::Tree;
use super::violation::Violation;

const EXTENSIONS: &[&str] = &["rs", "md", "css", "html", "js", "toml"];

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let written = |path: &str| !path.starts_with("data/") && !path.contains("/fixtures/");
    for file in tree.files().iter().filter(|f| EXTENSIONS.contains(&f.extension()) && written(&f.path)) {
        for (line, text) in file.lines() {
            if let Some((message, mend)) = fault(text) {
                found.push(Violation::new(&file.path, line, message, mend));
            }
        }
        if !file.text.is_empty() && !file.text.ends_with('\n') {
            found.push(Violation::new(
                &file.path,
                file.lines().count(),
                "no line break at the end",
                "add one",
            ));
        }
    }
    found
}

fn fault(line: &str) -> Option<(&'static str, &'static str)> {
    if line.ends_with('\r') {
        Some(("carriage return", "end lines with a line feed alone"))
    } else if line.contains('\t') {
        Some(("tab", "use spaces, or `\\t` in a string"))
    } else if line.ends_with(char::is_whitespace) {
        Some(("blanks at the end of the line", "take them away"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_found() {
        for line in ["fn a() {}\r", "\tfn a() {}", "fn a() {} "] {
            let text = format!("//! x\n{line}\n");
            let found = check(&Tree::sample(&[("a.rs", &text), ("data/a.txt", &text), ("a.bin", &text)]));
            assert_eq!(found.len(), 1, "{line:?}");
            assert_eq!((found[0].path.as_str(), found[0].line), ("a.rs", 2));
        }
        assert_eq!(check(&Tree::sample(&[("a.md", "no end")])).len(), 1);
    }
}
