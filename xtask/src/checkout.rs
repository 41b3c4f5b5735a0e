//! The checkout that a task works on: where it is and which files belong to the project.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// A working copy of the project.
pub struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// The working copy that this binary was started from by `cargo`.
    pub fn here() -> Self {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        Self { root: manifest_dir.parent().map_or_else(|| manifest_dir.clone(), Path::to_path_buf) }
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A command that runs in the root folder.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Paths, relative to the root, of the files that are tracked or would be by `git add --all`.
    ///
    /// New files count, so that a rule speaks before the commit and not after it.
    ///
    /// # Errors
    /// When `git` cannot be run or the folder is not a working copy.
    pub fn files(&self) -> anyhow::Result<Vec<String>> {
        let output = self
            .command("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()
            .context("git is needed to list the project's files")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
        let listed = String::from_utf8(output.stdout).context("a file name that is not UTF-8")?;
        let mut paths: Vec<String> = listed
            .split('\0')
            .filter(|path| !path.is_empty() && self.root.join(path).is_file())
            .map(str::to_owned)
            .collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }
}
