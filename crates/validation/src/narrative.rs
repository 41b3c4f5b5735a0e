//! The XHTML of narratives (FHIR: Narrative, section 2.4): well-formed, formatting only, nothing that acts.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::Node;
use fhir::narrative::{Content, FaultSort, scan};

impl<'a> Walk<'a> {
    pub(crate) fn narrative(&mut self, value: &str, node: Node<'a>, place: &Place<'_>) {
        match scan(value) {
            Ok(Content::Something) => {}
            Ok(Content::Nothing) => {
                let message = "the narrative is empty; write some text in the div or leave text out";
                self.report(place, node, rule::TXT_2, message);
            }
            Err(fault) => {
                let rule = match fault.sort {
                    FaultSort::NotWellFormed => rule::XHTML,
                    FaultSort::NotAllowed => rule::TXT_1,
                    FaultSort::Active => rule::ACTIVE_CONTENT,
                };
                self.report(place, node, rule, fault.message);
            }
        }
    }
}
