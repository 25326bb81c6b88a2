//! A plan for all models of an organisation.

use std::fs;

use crate::{
    run::{Place, fixture, resnet},
    server::What,
};

fn plan(place: &Place, models: &str) {
    let text = format!(
        "version = 1\nout = \"fleet\"\n[[removal]]\nmodels = [\"{models}\"]\nforget = [\"Sandal\"]\nmethod = \"seal\"\nexecuted = 0\n"
    );
    fs::write(place.path("plan.toml"), text).unwrap();
}

#[test]
fn all_models_of_an_organisation_come_from_its_index_page_by_page() {
    let place = Place::new();
    for name in ["org/a", "org/b", "org/c", "org/d", "organic/e"] {
        place.hub.state().add_folder(name, &resnet());
    }
    place.hub.state().add_folder("org/swin", &fixture("models/fmnist-swin"));
    place.hub.state().add("org/none", &[("README.md", b"nothing".to_vec())]);
    plan(&place, "org/*");
    let json = place.run(&["batch", "plan.toml", "--json"]).exits(2).json();
    let rows = json["releases"].as_array().unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row["model"].as_str().unwrap(), row["outcome"].as_str().unwrap()))
        .collect();
    let expected = ["a done", "b done", "c done", "d done", "none unknown", "swin done"];
    assert_eq!(told, expected.map(|it| format!("org/{it}")));
    let claim = place.path("fleet").join(rows[0]["release"].as_str().unwrap());
    let claim = fs::read_to_string(claim.join("class-removal.statement.json")).unwrap();
    assert!(claim.contains("pkg:huggingface/org/a@"), "the claim names where it comes from");
    // Without the network nobody knows what an organisation has; a single model comes from the cache.
    place.run(&["batch", "plan.toml", "--offline"]).exits(2).says("nothing may be downloaded");
    plan(&place, "org/a");
    place.run(&["batch", "plan.toml", "--offline"]).exits(0);
    // A folder of the name comes first.
    fs::create_dir(place.path("org")).unwrap();
    plan(&place, "org/*");
    place.run(&["batch", "plan.toml"]).exits(2).says("no model fits `org/*`");
}

#[test]
fn an_index_that_lies_is_refused() {
    let place = Place::new();
    plan(&place, "org/*");
    for (answer, said) in [
        (r#"[{"id": "other/model"}]"#, "no model of `org`"),
        (r#"[{"id": "../../etc"}]"#, "no model of `org`"),
        (r#"{"error": "x"}"#, "not a list"),
        ("[{}]", "no model of `org`"),
    ] {
        place.hub.fault("/api/models", 1, What::Json(answer.into()));
        place.run(&["batch", "plan.toml"]).exits(2).says(said);
    }
    place.run(&["batch", "plan.toml"]).exits(2).says("no model fits `org/*`");
    assert!(!place.path("fleet").exists());
}
