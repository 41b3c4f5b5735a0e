//! The setting `validate-profiles`: which profiles resources are held against when they are written.

use anyhow::{Result, bail};
use validation::profile::profiles_by_type;
use validation::{Declared, Settings};

/// What the canonicals of US Core begin with.
const US_CORE: &str = "http://hl7.org/fhir/us/core/";

/// The versions of US Core that a practice can choose.
const US_CORE_VERSIONS: [(&str, &str); 3] =
    [("us-core-6", "6.1.0"), ("us-core-7", "7.0.0"), ("us-core-8", "8.0.0")];

/// The settings of validation for a value of the setting.
///
/// `off` checks none; `declared` those in `meta.profile`; a version of US Core besides demands its profile of every
/// resource whose type it has exactly one for, and is what a declared profile of US Core without a version means.
pub fn settings(value: &str) -> Result<Settings> {
    let declared = Settings { declared: Declared::Check, ..Settings::default() };
    match value {
        "off" => Ok(Settings::default()),
        "declared" => Ok(declared),
        name => {
            let Some((_, version)) = US_CORE_VERSIONS.iter().find(|(known, _)| *known == name) else {
                let versions = US_CORE_VERSIONS.map(|(name, _)| name).join(", ");
                bail!("validate-profiles is off, declared, or one of {versions}, not '{value}'");
            };
            let versions = vec![(US_CORE.to_owned(), (*version).to_owned())];
            Ok(Settings { by_type: profiles_by_type(US_CORE, version), versions, ..declared })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_profiles_and_other_words_are_refused() {
        for (name, version) in US_CORE_VERSIONS {
            let settings = settings(name).unwrap();
            let patient = settings.by_type.iter().find(|(type_id, _)| type_id.name() == "Patient");
            let canonical = format!("{US_CORE}StructureDefinition/us-core-patient|{version}");
            assert_eq!(patient.map(|(_, found)| found), Some(&canonical));
            assert!(settings.by_type.iter().all(|(type_id, _)| type_id.name() != "Observation"));
        }
        assert_eq!(settings("off").unwrap().declared, Declared::Ignore);
        assert!(settings("us-core-5").unwrap_err().to_string().contains("us-core-8"));
    }
}
