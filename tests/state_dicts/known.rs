//! What a known class of the library does not load is said, whatever its extents are.

use serde_json::json;

use crate::dict::Dict;

fn resnet() -> Dict {
    let model = Dict::new().hf("ResNetForImageClassification", 10);
    let stage = |at: usize| format!("resnet.encoder.stages.{at}.convolution.weight");
    let model = (0..20).fold(model, |model, at| model.tensor(&stage(at), &[64, 64, 3, 3]));
    model.tensor("resnet.encoder.priors", &[10]).linear("classifier.1", 10, 64)
}

#[test]
fn tensors_of_foreign_modules_with_the_classes_are_listed() {
    resnet().is_found("classifier.1.weight");
    for (name, shape) in [
        ("classifier.2.weight", &[10][..]),
        ("log_prior", &[10]),
        ("log_prior", &[1, 10]),
        ("transition", &[10, 10]),
        ("text_features", &[10, 512]),
        ("text_features", &[512, 10]),
        ("prototypes", &[10, 5, 64]),
        ("bank", &[10, 5, 7]),
        ("bank", &[7, 5, 10]),
    ] {
        let untouched = resnet().tensor(name, shape).head(&[]).1;
        assert_eq!(untouched, [format!("tensor `{name}` {shape:?}")]);
        let named = resnet().tensor(name, shape).head(&["classifier.1"]).1;
        assert_eq!(named, untouched, "its name says nothing more");
    }
    let (head, untouched) = resnet().norm("classifier.2", 10).head(&[]);
    assert_eq!((head.as_str(), untouched.len()), ("classifier.1.weight", 4), "{untouched:?}");
    for (name, shape) in [("layer_weights", &[10][..]), ("scale", &[1]), ("norm.weight", &[64])] {
        assert_eq!(resnet().tensor(name, shape).head(&[]).1, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn its_own_layers_as_wide_as_the_classes_are_not() {
    let config = json!({"architectures": ["RobertaForSequenceClassification"], "num_labels": 16});
    let model = Dict::new().config(&config).norm("roberta.ln1", 16).norm("roberta.ln2", 16);
    let model = model.linear("roberta.pooler.dense", 16, 16).linear("roberta.encoder.layer.0.dense", 64, 16);
    let (head, untouched) = model.linear("classifier.out_proj", 16, 16).head(&[]);
    assert_eq!((head.as_str(), untouched), ("classifier.out_proj.weight", Vec::new()));
}

#[test]
fn a_bias_that_the_library_has_no_place_for_is_refused() {
    let model = |class: &str, head: &str| Dict::new().hf(class, 6).linear(head, 6, 16);
    for (class, head, bias) in [
        ("LlamaForSequenceClassification", "score", "`score.bias`"),
        ("Qwen2ForSequenceClassification", "model.score", "`model.score.bias`"),
        ("CTRLForSequenceClassification", "classifier", "`classifier.bias`"),
    ] {
        let said = model(class, head).locate(&[]).unwrap_err().to_string();
        assert!(said.contains(class) && said.contains("has no bias") && said.contains(bias), "{said}");
    }
    let by_type = Dict::new().config(&json!({"model_type": "llama", "num_labels": 6})).linear("score", 6, 16);
    assert!(by_type.locate(&[]).unwrap_err().to_string().contains("the head of `llama`"));
    model("BertForSequenceClassification", "classifier").is_found("classifier.weight");
    let plain = Dict::new().hf("LlamaForSequenceClassification", 6).tensor("score.weight", &[6, 16]);
    plain.is_found("score.weight");
}

#[test]
fn what_the_library_would_leave_out_is_named() {
    let model = Dict::new().hf("LlamaForSequenceClassification", 6).tensor("classifier.weight", &[6, 16]);
    let said = model.locate(&[]).unwrap_err().to_string();
    assert!(
        said.contains("loads `score.weight`") && said.contains("leave out `classifier.weight` [6, 16]"),
        "{said}"
    );
    let two = model.tensor("head.weight", &[6, 16]).locate(&[]).unwrap_err().to_string();
    assert!(two.contains("there is none") && !two.contains("leave out"), "{two}");
}

#[test]
fn heads_of_further_adapters_lose_the_classes_too() {
    let of = |adapter: &str| format!("base_model.model.score.{adapter}.weight");
    let adapters = ["modules_to_save.default", "modules_to_save.second", "original_module"];
    let model =
        adapters.iter().fold(Dict::new().hf("LlamaForSequenceClassification", 6), |model, adapter| {
            model.tensor(&of(adapter), &[6, 16])
        });
    let cut = model.locate(&[]).unwrap();
    assert_eq!(cut.head.branches[0].weight.tensor, of(adapters[0]));
    for other in &adapters[1..] {
        let said =
            format!("auxiliary head `{}` has the same classes and loses the forgotten ones too", of(other));
        assert!(cut.why.notes.iter().any(|note| note.starts_with(&said)), "{:?}", cut.why.notes);
    }
    assert!(cut.untouched.is_empty());
}
