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
