//! The XHTML of narratives (FHIR: Narrative, section 2.4): well-formed, formatting only, nothing that acts.

use crate::place::Place;
use crate::rule;
use crate::walk::Walk;
use fhir::Node;
use fhir::narrative::{Content, FaultSort, Part, scan_parts};

impl<'a> Walk<'a> {
    pub(crate) fn narrative(&mut self, value: &str, node: Node<'a>, place: &Place<'_>) {
        let mut links = Vec::new();
        let scanned = scan_parts(value, &mut |part| {
            if let Part::Element(_, _, attributes) = part {
                let local = attributes
                    .iter()
                    .filter(|(name, to)| matches!(*name, "href" | "src") && to.starts_with('#'));
                links.extend(local.map(|(_, to)| *to));
            }
        });
        // A picture or a link may be all that refers to a contained resource.
        links.into_iter().for_each(|link| self.container.note_local(link));
        match scanned {
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
