//! `chiron shred`: a patient's record is destroyed for good, by deleting what lies in it and then its key.

use crate::event::{Emit, Event};
use crate::practice::Practice;
use anyhow::{Context, Result, bail};
use fhir::schema::{TypeId, schema};
use record::resource::instant;
use record::{Resource, Session};
use search::compartment::types_in;
use search::parse::Handling;
use search::rows::{Home, index_rows};

/// The audit is of the practice, and outlives the record.
const AUDIT_LOG: &str = "AuditEvent";

/// How long documentation is kept at least, from when something was last written (45 CFR 164.316(b)(2)(i)): six years.
const RETENTION_MS: i64 = 6 * 366 * 24 * 60 * 60 * 1_000;

/// How many resources are deleted in one transaction.
const STEP: usize = 500;

/// Which record, and why it is destroyed.
pub struct Asked<'a> {
    /// The patient's id.
    pub patient: &'a str,
    /// Why: it stands in the audit.
    pub reason: &'a str,
    /// Also when something in it is younger than what has to be kept.
    pub despite_retention: bool,
}

/// Destroys a record. What refers to the patient and lies in no single patient's record stays, and the audit stays.
pub fn run(practice: &Practice, asked: &Asked<'_>, emit: &mut Emit<'_>) -> Result<()> {
    if asked.reason.trim().is_empty() {
        bail!("say why the record is destroyed (--reason): it stands in the audit");
    }
    let session = practice.session();
    let patient = schema().resource_named("Patient").context("the schema has Patient")?;
    let all = in_record(&session, patient, asked.patient)?;
    let newest = all.iter().map(Resource::updated_ms).max();
    let Some(newest_ms) = newest else {
        bail!("there is nothing in the record of Patient/{}", asked.patient)
    };
    let kept_until_ms = newest_ms.saturating_add(RETENTION_MS);
    if kept_until_ms > practice.record.now_ms() && !asked.despite_retention {
        bail!(
            "Patient/{} was last written to on {}, and is to be kept until {}; a record that never was a patient's is \
             destroyed with --despite-retention",
            asked.patient,
            instant(newest_ms),
            instant(kept_until_ms)
        );
    }
    practice.note(&format!("destroy Patient/{}: {}", asked.patient, asked.reason))?;
    // A patient whose record holds anything is not deleted: it goes last.
    let (patients, rest): (Vec<&Resource>, Vec<&Resource>) =
        all.iter().partition(|resource| resource.key().type_id == patient);
    for step in rest.chunks(STEP).chain([patients.as_slice()]) {
        delete(&session, step)?;
    }
    let shredded = practice.store.shred(asked.patient)?;
    emit(Event::Line(format!(
        "destroyed {} resources with all their versions, {} keys and {} uses of contents; backups still have them",
        all.len(),
        shredded.keys,
        shredded.contents
    )));
    emit(Event::Answer(serde_json::json!({
        "resources": all.len(), "keys": shredded.keys, "contents": shredded.contents,
    })));
    Ok(())
}

/// What lies in a patient's record and in no other.
fn in_record(session: &Session, patient: TypeId, id: &str) -> Result<Vec<Resource>> {
    let home = Home::of_patient(id);
    let mut all = Vec::new();
    for type_id in types_in(patient).into_iter().filter(|type_id| type_id.name() != AUDIT_LOG) {
        let mut pairs = vec![("_count".to_owned(), "1000".to_owned())];
        loop {
            let asked = session.parse_search(Some(type_id), Some((patient, id)), &pairs, Handling::Strict)?;
            let found = session.search(&asked)?;
            let is_here = |resource: &Resource| {
                resource.document().is_some_and(|document| index_rows(&document).home == home)
            };
            all.extend(found.matches.into_iter().filter(is_here));
            let Some(next) = found.next else { break };
            pairs.truncate(1);
            pairs.push(("_cursor".to_owned(), next));
        }
    }
    Ok(all)
}

fn delete(session: &Session, resources: &[&Resource]) -> Result<()> {
    let entry = |resource: &&Resource| serde_json::json!({ "request": { "method": "DELETE", "url": resource.key().to_string() } });
    let bundle = serde_json::json!({
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": resources.iter().map(entry).collect::<Vec<_>>(),
    });
    let bundle = fhir::Document::parse(bundle.to_string()).context("a bundle of deletions")?;
    session.transaction(&bundle)?;
    Ok(())
}
