//! The examples of US Core go in: other systems send what they show.

use crate::harness::folder::new_folder;
use crate::harness::program::{self, verify};
use crate::harness::shared_data::{archive, unpack};
use serde_json::Value;
use std::path::Path;

/// The packages, and how many examples each holds.
const PACKAGES: [(&str, usize); 3] = [("us_core_610", 183), ("us_core_700", 214), ("us_core_800", 228)];

#[test]
fn every_example_of_us_core_goes_in() {
    for (name, count) in PACKAGES {
        let path = archive("every_example_of_us_core_goes_in", &format!("us-core-packages/{name}.tgz"));
        let Some(path) = path else { return };
        let folder = new_folder();
        let (data, inbox) = (folder.path().join("data"), folder.path().join("inbox"));
        std::fs::create_dir(&inbox).unwrap();
        let is_example = |path: &Path| {
            path.starts_with("package/example")
                && path.extension().is_some_and(|extension| extension == "json")
        };
        let packed = flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap());
        let examples = unpack(packed, is_example);
        assert_eq!(examples.len(), count, "{name}");
        for (path, text) in examples {
            std::fs::write(inbox.join(path.file_name().unwrap()), text).unwrap();
        }
        let answer = program::succeed(&data, ["import".as_ref(), inbox.as_os_str()]);
        assert_eq!(answer["failures"].as_array().map(Vec::len), Some(0), "{name}: {answer}");
        let imported = answer["resources"].as_object().unwrap().values().filter_map(Value::as_u64);
        assert!(imported.sum::<u64>() >= count as u64, "{name}: {answer}");
        assert_eq!(verify(&data)["fault-count"], 0);
    }
}
