//! No host name of a package registry: where packages come from is the matter of the tools' own settings.

use super::tree::Tree;
use super::violation::Violation;
use crate::rust_source;

/// Parts of the hosts' names. Each is in two parts so that this file passes its own rule.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("npm", "js.com"),
    concat!("npm", "js.org"),
    concat!("yarn", "pkg.com"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("ruby", "gems.org"),
    concat!("maven", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("docker", ".io"),
    concat!("gh", "cr.io"),
];

/// Written by the tools themselves.
const LOCK_FILES: &[&str] = &["Cargo.lock"];

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files().iter().filter(|file| !LOCK_FILES.contains(&file.path.as_str())) {
        for host in HOSTS {
            for at in rust_source::occurrences(&file.text, host) {
                let line = rust_source::line_of(&file.text, at);
                let message = format!("`{host}` is the host of a registry");
                found.push(Violation::new(
                    &file.path,
                    line,
                    message,
                    "name the package and leave out where it is kept",
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_anywhere_but_in_the_lock_file() {
        for host in HOSTS {
            let text = format!("\nsource = \"https://static.{host}/x\"\n");
            let found = check(&Tree::sample(&[("Cargo.lock", &text), ("deny.toml", &text)]));
            assert_eq!(found.len(), 1, "{host}");
            assert_eq!((found[0].path.as_str(), found[0].line), ("deny.toml", 2));
        }
    }
}
