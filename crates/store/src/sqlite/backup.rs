//! Copies of a data directory, and data directories from copies.

use super::open::schema_version;
use super::readers::connect_to_read;
use super::{BLOBS, DATABASE, failure::failed, statements as sql};
use crate::blob::{BlobHash, DirectoryBlobs};
use crate::error::{StoreError, failed_io};
use crate::maintain::Backup;
use crate::read_log::FOLDER;
use rusqlite::{Connection, OptionalExtension};
use std::fs::{self, File};
use std::io::{BufReader, Write};
use std::path::Path;

/// The list of a copy's files: BLAKE3 hash, length in bytes and name of each, one a line.
const LIST: &str = "files.txt";

/// Copies the database as of one moment, the contents that it names and the log of reads into a new or empty directory.
pub(super) fn backup(
    data: &Path,
    blobs: &DirectoryBlobs,
    reads: Option<&Path>,
    to: &Path,
) -> Result<Backup, StoreError> {
    let failed_file = || failed_io("copy the data");
    make_empty(to)?;
    let copy = to.join(DATABASE);
    let name = copy.to_str().ok_or_else(|| StoreError::World {
        context: "copy the data",
        source: "the path of the copy is no text".into(),
    })?;
    let source = connect_to_read(&data.join(DATABASE))?;
    // One statement reads one moment; writers are not held up.
    source.execute("VACUUM INTO ?1", [name]).map_err(failed("copy the database"))?;
    drop(source);
    let mut files = vec![DATABASE.to_owned()];
    if let Some(reads) = reads {
        fs::create_dir_all(to.join(FOLDER)).map_err(failed_file())?;
        for entry in fs::read_dir(reads).map_err(failed_file())? {
            let entry = entry.map_err(failed_file())?;
            let Some(name) = entry.file_name().to_str().map(|name| format!("{FOLDER}/{name}")) else {
                continue;
            };
            fs::copy(entry.path(), to.join(&name)).map_err(failed_file())?;
            files.push(name);
        }
    }
    copy_blobs(data, blobs, to, &mut files)?;
    files.sort_unstable();
    let files = write_list(to, &files)?;
    let sequence = check(to)?;
    Ok(Backup { sequence, files })
}

/// Copies what the copied database names: it is named for good, so it is still there.
fn copy_blobs(
    from: &Path,
    blobs: &DirectoryBlobs,
    to: &Path,
    files: &mut Vec<String>,
) -> Result<(), StoreError> {
    let failed_rows = || failed("list the contents of the copy");
    let copy = open_copy(&to.join(DATABASE))?;
    let mut statement = copy.prepare(sql::BLOBS_USED).map_err(failed_rows())?;
    let hashes = statement.query_map([], |row| Ok(BlobHash(row.get(0)?))).map_err(failed_rows())?;
    for hash in hashes {
        let hash = hash.map_err(failed_rows())?;
        let name = Path::new(BLOBS).join(DirectoryBlobs::relative(&hash));
        let target = to.join(&name);
        fs::create_dir_all(target.parent().unwrap_or(to)).map_err(failed_io("copy content"))?;
        fs::copy(from.join(&name), &target).map_err(failed_io("copy content"))?;
        let changed = || {
            StoreError::Damaged(format!(
                "the content {hash} is not as it was written; a check names who uses it"
            ))
        };
        let copied = File::open(&target).map_err(failed_io("copy content"))?;
        let mut content = blobs.open_file(&hash, copied).map_err(|_| changed())?;
        let mut hasher = blake3::Hasher::new();
        std::io::copy(&mut content, &mut hasher).map_err(|_| changed())?;
        if BlobHash(*hasher.finalize().as_bytes()) != hash {
            return Err(changed());
        }
        files.extend(name.to_str().map(str::to_owned));
    }
    Ok(())
}

fn open_copy(path: &Path) -> Result<Connection, StoreError> {
    Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .map_err(failed("open the copy"))
}

/// Makes a data directory of a copy. The target must be new or empty.
pub(super) fn restore(from: &Path, to: &Path) -> Result<Backup, StoreError> {
    let failed_file = || failed_io("restore a copy");
    let sequence = check(from)?;
    make_empty(to)?;
    let listed = read_list(from)?;
    let mut files = Vec::new();
    for (_, length, name) in listed {
        let target = to.join(&name);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(failed_file())?;
        }
        fs::copy(from.join(&name), &target).map_err(failed_file())?;
        File::open(&target).and_then(|file| file.sync_all()).map_err(failed_file())?;
        files.push((name, length));
    }
    Ok(Backup { sequence, files })
}

fn make_empty(directory: &Path) -> Result<(), StoreError> {
    let failed_file = || failed_io("make a directory");
    fs::create_dir_all(directory).map_err(failed_file())?;
    if fs::read_dir(directory).map_err(failed_file())?.next().is_some() {
        return Err(StoreError::World {
            context: "copy the data",
            source: format!("{} is not empty", directory.display()).into(),
        });
    }
    Ok(())
}

fn write_list(directory: &Path, names: &[String]) -> Result<Vec<(String, u64)>, StoreError> {
    let failed_file = || failed_io("write the list of a copy's files");
    let mut list = String::new();
    let mut files = Vec::new();
    for name in names {
        let path = directory.join(name);
        let (hash, length) = hash_file(&path)?;
        list.push_str(&format!("{hash} {length} {name}\n"));
        files.push((name.clone(), length));
        File::open(&path).and_then(|file| file.sync_all()).map_err(failed_file())?;
    }
    let mut file = File::create(directory.join(LIST)).map_err(failed_file())?;
    file.write_all(list.as_bytes()).and_then(|()| file.sync_all()).map_err(failed_file())?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed_file())?;
    Ok(files)
}

fn read_list(directory: &Path) -> Result<Vec<(String, u64, String)>, StoreError> {
    let list =
        fs::read_to_string(directory.join(LIST)).map_err(failed_io("read the list of a copy's files"))?;
    let line = |line: &str| {
        let (hash, rest) = line.split_once(' ')?;
        let (length, name) = rest.split_once(' ')?;
        let is_inside =
            Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        is_inside.then_some((hash.to_owned(), length.parse().ok()?, name.to_owned()))
    };
    let damaged = || StoreError::Damaged(format!("{LIST} of the copy"));
    list.lines().map(|text| line(text).ok_or_else(damaged)).collect()
}

/// Checks a copy: its files against the list, the database's pages. Gives the last commit in it.
fn check(directory: &Path) -> Result<u64, StoreError> {
    for (hash, length, name) in read_list(directory)? {
        if hash_file(&directory.join(&name))? != (hash, length) {
            return Err(StoreError::Damaged(format!("{name} of the copy is not as it was written")));
        }
    }
    let connection = open_copy(&directory.join(DATABASE))?;
    let pages: String = connection
        .query_row("PRAGMA quick_check", [], |row| row.get(0))
        .map_err(failed("check the copy's pages"))?;
    if pages != "ok" {
        return Err(StoreError::Damaged(format!("the copy's database: {pages}")));
    }
    let found = schema_version(&connection)?;
    if found > super::open::SCHEMA_VERSION {
        return Err(StoreError::NewerSchema { found, known: super::open::SCHEMA_VERSION });
    }
    let sequence: Option<i64> = connection
        .query_row(sql::COMMIT_LAST, [], |row| row.get(0))
        .optional()
        .map_err(failed("read the copy's last commit"))?;
    Ok(sequence.unwrap_or(0).cast_unsigned())
}

fn hash_file(path: &Path) -> Result<(String, u64), StoreError> {
    let failed_file = || failed_io("read a file of the copy");
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(failed_file())?;
    let length = std::io::copy(&mut BufReader::new(file), &mut hasher).map_err(failed_file())?;
    Ok((hasher.finalize().to_hex().to_string(), length))
}
