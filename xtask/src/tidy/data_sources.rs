//! Every file of `data/` says where it comes from and under which licence: in its first lines, or in the
//! README.md of its folder or of a folder above it.

use super::tree::Tree;
use super::violation::Violation;

/// How many lines at the top of a file may carry the two statements.
const HEADER_LINES: usize = 12;

const MEND: &str = "write source, version and licence into a README.md in its folder";

pub fn check(tree: &Tree) -> Vec<Violation> {
    let data = |path: &&String| path.starts_with("data/") && !path.ends_with("/README.md");
    tree.paths()
        .iter()
        .filter(data)
        .filter(|path| !has_header(tree, path) && !has_readme(tree, path))
        .map(|path| Violation::new(path, 1, "no source and licence", MEND))
        .collect()
}

fn has_header(tree: &Tree, path: &str) -> bool {
    tree.file(path).is_some_and(|file| {
        let header: Vec<&str> = file.text.lines().take(HEADER_LINES).collect();
        names_both(&header.join("\n"))
    })
}

/// Whether a README at or above the file, but below `data/` itself, names both.
fn has_readme(tree: &Tree, path: &str) -> bool {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        let own_folder = above == "data" && folder == path;
        if above == "data" && !own_folder {
            return false;
        }
        if let Some(readme) = tree.file(&format!("{above}/README.md")) {
            return names_both(&readme.text);
        }
        folder = above;
    }
    false
}

fn names_both(text: &str) -> bool {
    let text = text.to_lowercase();
    text.contains("source") && (text.contains("licence") || text.contains("license"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_either_statement_is_a_violation() {
        let files = [
            ("data/a/x.txt", "1 2 3\n"),
            ("data/b/x.txt", "1 2 3\n"),
            ("data/b/README.md", "Source: the standards body.\n"),
            ("data/README.md", "Source and licence are in each folder.\n"),
        ];
        let found = check(&Tree::sample(&files));
        let paths: Vec<_> = found.iter().map(|violation| violation.path.as_str()).collect();
        assert_eq!(paths, ["data/a/x.txt", "data/b/x.txt"]);
    }

    #[test]
    fn a_header_or_a_readme_is_enough() {
        let files = [
            ("data/a/x.txt", "# source: x; licence: CC0\n1 2 3\n"),
            ("data/b/c/x.txt", "1 2 3\n"),
            ("data/b/README.md", "Source: x. License: CC0.\n"),
        ];
        assert!(check(&Tree::sample(&files)).is_empty());
    }
}
