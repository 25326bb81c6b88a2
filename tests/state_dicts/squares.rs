//! Matrices that make as many results as they read: each could stand behind the logits, or belong to something else.

use serde_json::{Value, json};

use crate::dict::Dict;

fn bert(more: Value) -> Dict {
    let mut names = json!({"id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"a": 0, "b": 1, "c": 2}});
    names.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let trunk = Dict::new().linear("bert.encoder.layer.0.output.dense", 16, 32).norm("bert.ln", 16);
    trunk.linear("classifier", 3, 16).config(&names)
}

#[test]
fn a_type_of_the_library_has_the_head_that_its_class_loads() {
    for squares in [&["mixer"][..], &["classifier.1"], &["mix.0", "mix.1"], &["a", "b"], &["out"]] {
        let with = |model: Dict| squares.iter().fold(model, |model, name| model.linear(name, 3, 3));
        let listed: Vec<String> = squares.iter().map(|it| format!("matrix `{it}.weight` [3, 3]")).collect();
        for more in [
            json!({"model_type": "bert"}),
            json!({"model_type": "bert", "architectures": []}),
            json!({"architectures": ["BertForSequenceClassification"]}),
        ] {
            assert_eq!(with(bert(more)).head(&[]), ("classifier.weight".into(), listed.clone()));
        }
        // Nobody knows what else does.
        for more in [
            json!({"model_type": "bert", "architectures": ["MyBert"]}),
            json!({"model_type": "bert", "architectures": ["MyBertForSequenceClassification"]}),
            json!({"model_type": "bert", "auto_map": {"AutoModel": "x.Net"}}),
            json!({"model_type": "mine"}),
            json!({}),
        ] {
            let candidates = with(bert(more)).candidates();
            assert_eq!(candidates.len(), 1 + squares.len(), "{candidates:?}");
            assert!(candidates.contains(&"classifier.weight [3, 16]".to_owned()), "{candidates:?}");
        }
    }
    let resnet = Dict::new().hf_with("x", 3, json!({"architectures": null, "model_type": "resnet"}));
    let resnet = resnet.linear("classifier.1", 3, 16).linear("classifier.3", 3, 3);
    assert_eq!(resnet.head(&[]).0, "classifier.1.weight");
}

#[test]
fn without_a_configuration_a_square_is_a_question() {
    let model = Dict::new().linear("fc1", 32, 64).linear("fc2", 10, 32);
    model.is_found("fc2.weight");
    assert_eq!(
        model.clone().linear("fc3", 10, 10).candidates(),
        ["fc3.weight [10, 10]", "fc2.weight [10, 32]"]
    );
    let conv = Dict::new().tensor("classifier.weight", &[10, 64, 1, 1]).tensor("mix.weight", &[10, 10, 1, 1]);
    assert_eq!(conv.candidates().len(), 2);
    // As wide everywhere as there are classes: a name alone decides nothing between squares.
    let wide = Dict::new().config(&json!({"num_classes": 16})).linear("net.layer.0.dense", 64, 16);
    let wide =
        wide.linear("net.layer.0.out", 16, 64).norm("net.layer.0.norm", 16).linear("classifier", 16, 16);
    assert_eq!(wide.head(&[]).0, "classifier.weight");
    assert_eq!(
        wide.linear("mixer", 16, 16).candidates(),
        ["classifier.weight [16, 16]", "mixer.weight [16, 16]"]
    );
    // Hidden layers are none, whatever their names are.
    let deep = Dict::new().linear("fc1", 32, 64).linear("fc2", 32, 32).linear("fc3", 10, 32);
    deep.is_found("fc3.weight");
    let (head, untouched) = model.linear("fc3", 10, 10).head(&["fc2"]);
    assert_eq!(
        (head.as_str(), untouched.as_slice()),
        ("fc2.weight", &["matrix `fc3.weight` [10, 10]".into()][..])
    );
}

#[test]
fn a_model_of_timm_has_the_head_of_its_family() {
    let timm = |architecture: &str, more: Value| {
        let mut config = json!({"architecture": architecture, "num_classes": 10});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Dict::new().tensor("conv1.weight", &[64, 3, 7, 7]).linear("fc", 10, 64).config(&config)
    };
    for more in [json!({}), json!({"pretrained_cfg": {}}), json!({"pretrained_cfg": {"classifier": "fc"}})] {
        for (name, columns) in [("out", 10), ("head", 64), ("classifier", 10)] {
            let model = timm("resnet18", more.clone()).linear(name, 10, columns);
            let listed = vec![format!("matrix `{name}.weight` [10, {columns}]")];
            assert_eq!(model.head(&[]), ("fc.weight".into(), listed));
        }
    }
    // A declaration that is another one's, a model that is not known, and one that does not have its head.
    let other = timm("resnet18", json!({"pretrained_cfg": {"classifier": "head"}})).linear("head", 10, 64);
    assert_eq!(other.candidates().len(), 2);
    assert_eq!(timm("mynet", json!({})).linear("out", 10, 10).candidates().len(), 2);
    assert_eq!(timm("vit_tiny_patch16_224", json!({})).linear("out", 10, 10).candidates().len(), 2);
}
