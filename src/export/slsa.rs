//! SLSA provenance v1: the two blocks of it that the claim carries as they are.

use serde_json::{Value, json};

use super::ClaimFile;
use crate::sign::STATEMENT_TYPE;

pub(super) fn export(claim: &ClaimFile<'_>) -> Value {
    let predicate = &claim.statement.predicate;
    json!({
        "_type": STATEMENT_TYPE,
        "subject": claim.statement.subject,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": predicate.build_definition, "runDetails": byproducts(claim)},
    })
}

/// The run, with the claim as what else it made.
fn byproducts(claim: &ClaimFile<'_>) -> Value {
    let mut details = json!(claim.statement.predicate.run_details);
    details["byproducts"] = json!([{"name": claim.name, "digest": {"sha256": claim.digest.to_string()}}]);
    details
}
