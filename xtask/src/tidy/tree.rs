//! The project's files as the rules see them: paths, text, and Rust code with its literals blanked.

use std::cell::OnceCell;

use anyhow::Context;

use crate::checkout::Checkout;
use crate::rust_source;

/// A file that holds text.
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
    code: OnceCell<String>,
}

impl File {
    fn new(path: String, text: String) -> Self {
        Self { path, text, code: OnceCell::new() }
    }

    /// The Rust code with comments and literals blanked; offsets are those of `text`.
    pub fn code(&self) -> &str {
        self.code.get_or_init(|| rust_source::blank_literals(&self.text))
    }

    /// What follows the last dot of the name, or nothing.
    pub fn extension(&self) -> &str {
        extension(&self.path)
    }

    /// Line numbers, counted from 1, with their lines.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split('\n').enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// What follows the last dot of the file name in `path`, or nothing.
pub fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Every file of the project.
pub struct Tree {
    /// Files of text only; what is not UTF-8 is in `paths` alone.
    files: Vec<File>,
    paths: Vec<String>,
}

impl Tree {
    /// Reads the files of a checkout.
    ///
    /// # Errors
    /// When the files cannot be listed or read.
    pub fn read(checkout: &Checkout) -> anyhow::Result<Self> {
        let paths = checkout.files()?;
        let mut files = Vec::new();
        for path in &paths {
            let bytes = std::fs::read(checkout.root().join(path)).with_context(|| path.clone())?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File::new(path.clone(), text));
            }
        }
        Ok(Self { files, paths })
    }

    /// A tree of the given paths and texts, for the tests of the rules.
    #[cfg(test)]
    pub fn sample(files: &[(&str, &str)]) -> Self {
        Self {
            files: files
                .iter()
                .map(|(path, text)| File::new((*path).to_owned(), (*text).to_owned()))
                .collect(),
            paths: files.iter().map(|(path, _)| (*path).to_owned()).collect(),
        }
    }

    /// The files that hold text.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// The Rust files.
    pub fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.extension() == "rs")
    }

    /// The paths of all files, text or not.
    pub fn paths(&self) -> &[String] {
        &self.paths
    }

    /// The file at `path`, if it holds text.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}
