//! The export of one patient: every version of what belongs to them and of what it refers to, its contents, the audit of
//! both, and the current resources beside them.

use super::commit_line::form_name;
use super::manifest::{ListedFile, list_files, write_manifest};
use super::patient_audit::Subject;
use super::{AUDIT_FILE, README, README_FILE, RESOURCES_FOLDER, VERSIONS_FILE, copy_content};
use crate::command::new_folder;
use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result, bail};
use fhir::Document;
use fhir::schema::{TypeId, schema};
use record::links::linked;
use record::{ResourceKey, Session};
use search::compartment::{patients_of, types_in};
use search::parse::Handling;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use store::blob::marks;
use store::maintain::Maintain;
use store::{BlobHash, HistoryPage, HistoryScope, Version};

/// The format's name; that of a whole practice has another.
const FORMAT: &str = "chiron-ehi-patient-1";

/// Versions read at a time.
const STEP: usize = 1_000;

/// The audit log is exported by itself.
const AUDIT_LOG: &str = "AuditEvent";

/// What an export holds, and the hash of every file.
#[derive(Serialize)]
struct Manifest<'a> {
    format: &'static str,
    patient: String,
    counts: Counts,
    files: &'a [ListedFile],
}

/// How many things an export holds.
#[derive(Clone, Copy, Default, Serialize)]
struct Counts {
    resources: u64,
    versions: u64,
    contents: u64,
    audit: u64,
}

/// A line of the versions.
#[derive(Serialize)]
struct VersionLine<'a> {
    #[serde(rename = "type")]
    type_name: &'static str,
    id: &'a str,
    version: u32,
    commit: u64,
    time_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stamp: Option<(u32, &'static str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Exports a patient to a new folder.
pub fn run(practice: &Practice, id: &str, to: &Path, emit: &mut Emit<'_>) -> Result<()> {
    let patient = schema().resource_named("Patient").context("the schema has Patient")?;
    let key = record::bundle::key(patient, id)?;
    let mut export = Export {
        store: &*practice.store,
        base_url: practice.record.base_url(),
        patient: id,
        members: types_in(patient).into_iter().filter(|type_id| type_id.name() != AUDIT_LOG).collect(),
        to,
        counts: Counts::default(),
        contents: HashSet::new(),
    };
    let own = export.own(emit)?;
    if !own.contains(&key) {
        bail!("there is no {key}, and never was");
    }
    new_folder(to)?;
    fs::write(to.join(README_FILE), README)?;
    let (all, commits) = export.versions(&own)?;
    export.resources(&practice.session(), &key, &all)?;
    // Behind the look at the resources, which is itself written down.
    let shown = all.iter().map(ToString::to_string).collect();
    export.audit(&Subject { patient: id, own: &own, shown: &shown }, &commits)?;
    let counts = export.counts;
    let files = list_files(to)?;
    write_manifest(to, &Manifest { format: FORMAT, patient: key.to_string(), counts, files: &files })?;
    emit(Event::Line(format!(
        "exported {key}: {} resources with {} versions, {} contents and {} rows of the audit to {}",
        counts.resources,
        counts.versions,
        counts.contents,
        counts.audit,
        to.display()
    )));
    emit(Event::Answer(serde_json::to_value(counts)?));
    Ok(())
}

struct Export<'a> {
    store: &'a dyn Maintain,
    base_url: &'a str,
    patient: &'a str,
    /// The types of a patient's compartment.
    members: BTreeSet<TypeId>,
    to: &'a Path,
    counts: Counts,
    contents: HashSet<BlobHash>,
}

impl Export<'_> {
    /// The resources of which any version belongs to the patient, also those that are deleted or belong to someone else
    /// now. No index knows them: all commits are looked through.
    fn own(&self, emit: &mut Emit<'_>) -> Result<BTreeSet<ResourceKey>> {
        let last = self.store.statistics()?.sequence;
        let (mut own, mut after) = (BTreeSet::new(), 0);
        while after < last {
            for commit in self.store.whole_commits(after, STEP)? {
                after = commit.sequence;
                for change in commit.changes {
                    let text = change.body.as_ref().map_or("", |body| &***body);
                    if self.members.contains(&change.key.type_id)
                        && self.may_name_patient(text)
                        && self.patients(change.key.type_id, text)?.iter().any(|id| id == self.patient)
                    {
                        own.insert(change.key);
                    }
                }
            }
            emit(Event::Progress { done: after.min(last), total: last, message: format!("{after} commits") });
        }
        Ok(own)
    }

    /// Whether it is worth to read a text: it has the id, or letters that are written as numbers.
    fn may_name_patient(&self, text: &str) -> bool {
        text.contains(self.patient) || text.contains("\\u")
    }

    fn patients(&self, type_id: TypeId, text: &str) -> Result<Vec<String>> {
        let document = Document::parse_with(text, fhir::Limits::UNBOUNDED)?;
        Ok(patients_of(type_id, &document, self.base_url))
    }

    /// Writes all versions of the patient's resources, and of what they refer to outside of all patients' compartments.
    /// Gives the names of all, and the commits that wrote the former.
    fn versions(&mut self, own: &BTreeSet<ResourceKey>) -> Result<(BTreeSet<ResourceKey>, BTreeSet<u64>)> {
        let mut file = BufWriter::new(File::create(self.to.join(VERSIONS_FILE))?);
        let (mut all, mut commits) = (BTreeSet::new(), BTreeSet::new());
        let mut next: Vec<ResourceKey> = own.iter().rev().cloned().collect();
        while let Some(key) = next.pop() {
            if all.contains(&key) || key.type_id.name() == AUDIT_LOG {
                continue;
            }
            let is_own = own.contains(&key);
            for version in self.history(&key)? {
                let text = version.text();
                let patients = match is_own && !version.is_deleted() {
                    true => self.patients(key.type_id, text)?,
                    false => Vec::new(),
                };
                // It was, or is, another patient's.
                if !patients.is_empty() && !patients.iter().any(|id| id == self.patient) {
                    continue;
                }
                if is_own {
                    commits.insert(version.place.0);
                }
                if let Some(document) = version.document()? {
                    let links = linked(document, self.base_url).into_iter();
                    next.extend(links.filter(|key| !self.members.contains(&key.type_id)));
                }
                self.version(&version, &mut file)?;
            }
            all.insert(key);
        }
        file.flush()?;
        Ok((all, commits))
    }

    /// The versions of a resource, oldest first.
    fn history(&self, key: &ResourceKey) -> Result<Vec<Version>> {
        let scope = HistoryScope::Resource(key.clone());
        let mut page = HistoryPage { count: STEP, ..HistoryPage::default() };
        let mut versions = Vec::new();
        loop {
            let found = self.store.history(&scope, &page)?;
            let Some(last) = found.last() else { break };
            page.before = Some(last.place);
            versions.extend(found);
        }
        versions.reverse();
        Ok(versions)
    }

    fn version(&mut self, version: &Version, file: &mut impl Write) -> Result<()> {
        for (_, mark) in marks(version.text()) {
            if self.contents.insert(mark.hash) {
                copy_content(self.store, self.to, &mark.hash)?;
                self.counts.contents += 1;
            }
        }
        let text = (!version.is_deleted()).then(|| version.text());
        let line = VersionLine {
            type_name: version.key.type_id.name(),
            id: &version.key.id,
            version: version.version,
            commit: version.place.0,
            time_ms: version.updated_ms,
            stamp: text.map(|_| (version.splice.at, form_name(version.splice.form))),
            text,
        };
        serde_json::to_writer(&mut *file, &line)?;
        file.write_all(b"\n")?;
        self.counts.versions += 1;
        Ok(())
    }

    /// Writes what is current: what a search in the compartment finds, and what it refers to.
    fn resources(
        &mut self,
        session: &Session,
        patient: &ResourceKey,
        all: &BTreeSet<ResourceKey>,
    ) -> Result<()> {
        let folder = self.to.join(RESOURCES_FOLDER);
        fs::create_dir_all(&folder)?;
        let mut files: BTreeMap<TypeId, BufWriter<File>> = BTreeMap::new();
        let mut write = |resource: &record::Resource| -> Result<()> {
            let type_id = resource.key().type_id;
            let file = match files.entry(type_id) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    let file = File::create(folder.join(format!("{}.ndjson", type_id.name())))?;
                    entry.insert(BufWriter::new(file))
                }
            };
            std::io::copy(&mut session.record().whole_line(&resource.to_json()), file)?;
            file.write_all(b"\n")?;
            self.counts.resources += 1;
            Ok(())
        };
        let pairs = [("_count".to_owned(), STEP.to_string())];
        let compartment = Some((patient.type_id, &*patient.id));
        let mut request = session.parse_search(None, compartment, &pairs, Handling::Strict)?;
        loop {
            let found = session.search(&request)?;
            found.matches.iter().try_for_each(&mut write)?;
            request.query.cursor = found.next;
            if request.query.cursor.is_none() {
                break;
            }
        }
        for key in all.iter().filter(|key| !self.members.contains(&key.type_id)) {
            match session.read(key) {
                Ok(resource) => write(&resource)?,
                Err(record::Error::NotFound(_) | record::Error::Gone { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        files.into_values().try_for_each(|mut file| file.flush())?;
        Ok(())
    }

    /// Writes the rows of the commits that wrote the patient's resources, and those of all looks at them.
    fn audit(&mut self, subject: &Subject<'_>, commits: &BTreeSet<u64>) -> Result<()> {
        let mut file = BufWriter::new(File::create(self.to.join(AUDIT_FILE))?);
        let mut write = |row: serde_json::Value| -> std::io::Result<()> {
            self.counts.audit += 1;
            writeln!(file, "{row}")
        };
        for sequence in commits {
            let commit = self.store.commits_before(sequence + 1, 1)?.pop();
            let commit = commit.filter(|commit| commit.sequence == *sequence);
            let commit = commit.with_context(|| format!("commit {sequence} is lost"))?;
            let audit = String::from_utf8_lossy(&commit.audit);
            let row = subject.write(&audit, *sequence, &commit.changes);
            write(row.with_context(|| format!("the audit row of commit {sequence} is no JSON"))?)?;
        }
        let mut failure = None;
        self.store.each_read(&mut |row| {
            let row = subject.read(&String::from_utf8_lossy(row));
            if let (Some(row), None) = (row, &failure) {
                failure = write(row).err();
            }
            Ok(())
        })?;
        failure.map_or(Ok(()), Err)?;
        Ok(file.flush()?)
    }
}
