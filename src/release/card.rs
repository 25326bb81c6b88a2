//! The model card: what the release is, in front matter that hubs read and in words that people read.

use serde_json::Value;

use crate::{
    claim::{ForgottenClass, NamedClass, Tier, names::STATEMENT_FILE},
    classes::{Labels, LeftLabel, LeftPieces, describe, printable},
    cut::Choice,
    evaluate::{Evaluation, Record},
    evidence::{Definition, Untouched},
    export::{RemovalBlock, TAGS},
    head::{Link, Place, Treatment},
    removal::Removal,
};

/// Front matter keys that this tool sets, so that an earlier value goes. The original's `model-index` holds
/// metrics of another model.
const OURS: [&str; 2] = ["class_removal", "model-index"];

/// What a card says of a release.
#[derive(Clone, Copy, Debug)]
pub struct CardContent<'a> {
    /// What was done.
    pub removal: &'a Removal,
    /// Labels of all classes, if they are known.
    pub labels: Option<&'a Labels>,
    /// What the model makes of its logits.
    pub link: Link,
    /// What the model decides for, where that is not the whole input.
    pub place: Option<Place>,
    /// What earlier removals forgot, by index and label in the first model.
    pub earlier: &'a [ForgottenClass],
    /// The share of synthetic embeddings of retained classes that kept their class, if their rows were changed.
    pub kept: Option<f64>,
    /// What else has the classes, and was left as it is.
    pub untouched: &'a [Untouched],
    /// Whether the head is the one that the model itself points to.
    pub chosen: &'a Choice,
    /// What was measured on labelled data of the user, if there were any.
    pub evaluation: Option<&'a Evaluation>,
}

/// The card of a release called `name`, made from the original's card if it has one.
#[must_use]
pub fn card(original: Option<&str>, name: &str, content: &CardContent<'_>, config: Option<&Value>) -> String {
    let kind = config.into_iter().flat_map(kind_of);
    let (front, body) = original.map_or((Vec::new(), ""), split);
    let body = without_ours(body);
    let mut card = String::from("---\n");
    for block in front.iter().filter(|block| !OURS.contains(&block.key) && block.key != "tags") {
        card += block.text;
    }
    for (key, value) in kind.filter(|(key, _)| !front.iter().any(|block| block.key == *key)) {
        card += &format!("{key}: {value}\n");
    }
    let tags = front.iter().find(|block| block.key == "tags").map_or_else(Vec::new, |block| block.items());
    card += "tags:\n";
    for tag in
        tags.iter().map(String::as_str).chain(TAGS.into_iter().filter(|tag| !tags.iter().any(|t| t == tag)))
    {
        card += &format!("- {tag}\n");
    }
    card += &front_matter(content);
    card += "---\n";
    card += &text(name, content);
    card.extend(content.evaluation.map(measured));
    if !body.trim().is_empty() {
        card += ABOVE_THE_ORIGINAL;
        card += body.trim_start();
    }
    card
}

/// Most classes that are named in a sentence.
const FOLDED: usize = 20;

/// What stands between our text and that of the original's card.
const ABOVE_THE_ORIGINAL: &str = "\n## The original's card\n\n";
/// How the title of a card of ours ends.
const OUR_TITLE: &str = " unlearnt";

/// The body of a card without what an earlier removal wrote above it: one card says one thing.
fn without_ours(body: &str) -> &str {
    let title = body.trim_start().lines().next().unwrap_or_default();
    if !(title.starts_with("# ") && title.ends_with(OUR_TITLE)) {
        return body;
    }
    body.split_once(ABOVE_THE_ORIGINAL).map_or("", |(_, original)| without_ours(original))
}

fn front_matter(content: &CardContent<'_>) -> String {
    let removal = content.removal;
    let label = |class: usize| content.labels?.names.get(class).map(String::as_str);
    let block = RemovalBlock {
        forgotten: removal.forgotten().indices().map(|class| (class, label(class))).collect(),
        method: removal.method().name,
        slot: removal.slot().name(),
        seal: removal.is_sealed(),
        attestation: STATEMENT_FILE,
    };
    block.text()
}

fn text(name: &str, content: &CardContent<'_>) -> String {
    let removal = content.removal;
    let describe = |class| describe(class, content.labels);
    let classes: Vec<String> = removal.forgotten().indices().map(describe).collect();
    // Slots that are still there are forgotten with this removal, too.
    let gone: Vec<String> =
        content.earlier.iter().filter(|class| class.index_after.is_none()).map(named).collect();
    let (count, what) = match classes.len() + gone.len() {
        1 => ("one".to_owned(), "class"),
        more => (more.to_string(), "classes"),
    };
    let listed = if classes.len() > FOLDED {
        let all = removal.forgotten().classes();
        format!("{} of {all} classes, which are listed below", classes.len())
    } else {
        classes.join(", ")
    };
    let slots = match removal.target().treatment() {
        Treatment::Drop => "The outputs are gone and the other classes renumbered.",
        Treatment::Seal => {
            "Shapes and labels are those of the original; the forgotten outputs are sealed: constructed never to be the \
             answer."
        }
        Treatment::Leave => {
            "Shapes and labels are those of the original; the forgotten outputs are not sealed: some input may still \
             reach them."
        }
    };
    format!(
        "# {name} with {count} {what}{OUR_TITLE}\n\n\
         Unlearnt at the classifier head: {}. {slots} The encoder is bit-identical to the original's.{}\n\n\
         What was changed, how, and what was measured on synthetic embeddings is recorded in `{STATEMENT_FILE}` \
         (not signed).\n\n\
         **Not claimed:** the features are unchanged and may still encode the forgotten {what}, so that few-shot \
         relearning can restore them; this is not equivalent to retraining and says nothing about the influence of \
         training data.\n",
        listed,
        besides(content, &gone)
    )
}

/// What else a reader has to know, each in a paragraph of its own.
fn besides(content: &CardContent<'_>, gone: &[String]) -> String {
    let target = content.removal.target();
    let mut said = Vec::new();
    if content.removal.forgotten().indices().count() > FOLDED {
        let classes = content.removal.forgotten().indices().map(|class| describe(class, content.labels));
        let classes: Vec<String> = classes.collect();
        said.push(format!(
            "<details>\n<summary>The forgotten classes</summary>\n\n{}\n\n</details>",
            classes.join(", ")
        ));
    }
    if let [first, rest @ ..] = content.removal.others() {
        let more: String = rest.iter().map(|other| format!(", `{}`", other.path)).collect();
        said.push(format!(
            "The same was done in every file that has this head, also in `{}`{more}.",
            first.path
        ));
    }
    if let Some(what) = content.place.and_then(Place::not_claimed) {
        said.push(format!("**Not claimed:** {what}."));
    }
    if let Some(place) = content.place {
        let place = place.name();
        said.push(format!(
            "The model decides for every {place} of an input by itself, and what is said here of an answer, an embedding or \
             a figure is about one {place}: the forgotten classes are to be the answer at no {place}."
        ));
    }
    if let Some(labels) =
        content.labels.filter(|_| content.place.is_some_and(|place| place.may_have_entities()))
    {
        said.extend(
            LeftPieces::of(target.forgotten(), labels).iter().map(|left| format!("{}.", left.warning())),
        );
    }
    if !gone.is_empty() {
        said.push(format!(
            "Gone since earlier removals, by their indices in the first model: {}.",
            gone.join(", ")
        ));
    }
    if let Some(kept) = content.kept {
        said.push(format!(
            "`{}` changed the weights of the other classes as well: of synthetic embeddings that the original gives \
             them, {:.1} % keep their class.",
            content.removal.method().name,
            100.0 * kept
        ));
    }
    let left = content.labels.map_or_else(Vec::new, |labels| LeftLabel::of(target.forgotten(), labels));
    said.extend(left.iter().map(|left| format!("The {left}, which was not removed.")));
    if !content.untouched.is_empty() {
        let parts: Vec<String> = content.untouched.iter().map(ToString::to_string).collect();
        said.push(format!(
            "**Left as it is**, although it has the classes or a result for each: {}.",
            parts.join(", ")
        ));
    }
    if let (Some(head), Choice::Instead(other)) = (target.hints().head(), content.chosen) {
        said.push(format!(
            "The head `{}` was chosen by hand; the model itself points to `{}`.",
            printable(head),
            printable(other)
        ));
    }
    if let Some(class) = target.only_answer(content.link) {
        said.push(format!(
            "**One class is left: the answer to every input is {}.**",
            describe(class, content.labels)
        ));
    }
    said.iter().map(|text| format!("\n\n{text}")).collect()
}

fn named(class: &ForgottenClass) -> String {
    let NamedClass { index, label } = &class.class;
    match label {
        Some(label) => format!("{index} `{}`", printable(label)),
        None => index.to_string(),
    }
}

/// A card of a release with other figures on real inputs than those that it has, if it has any.
#[must_use]
pub fn with_figures(card: &str, evaluation: &Evaluation) -> String {
    let (ours, original) = match card.find(ABOVE_THE_ORIGINAL) {
        Some(at) => card.split_at(at),
        None => (card, ""),
    };
    let text = measured(evaluation);
    let Some(from) = ours.find(MEASURED_ON) else {
        let gap = if ours.ends_with('\n') || ours.is_empty() { "" } else { "\n" };
        return [ours, gap, &text, original].concat();
    };
    // Up to the next heading: what others wrote below stays.
    let behind = &ours[from + MEASURED_ON.len()..];
    let to = behind.find("\n## ").map_or(ours.len(), |at| from + MEASURED_ON.len() + at);
    [&ours[..from], &text, &ours[to..], original].concat()
}

/// How the part about figures on real inputs begins.
const MEASURED_ON: &str = "\n## Measured on ";

/// Figures on real inputs, and on whose.
fn measured(evaluation: &Evaluation) -> String {
    let data = |what: &str, record: &Record| {
        format!("{} {what} embeddings, width {} (SHA-256 `{}`)", record.rows, record.width, record.sha256)
    };
    let (kind, tier) = match evaluation.tier {
        "T1" => ("unlabelled", Tier::T1.meaning()),
        _ => ("labelled", Tier::T2.meaning()),
    };
    let train = evaluation.train_data.as_ref().map(|record| format!(" and {}", data("training", record)));
    let mut text = format!(
        "{MEASURED_ON}{kind} data\n\n\
         By whoever made this release, on data of their own: {}{} ({tier}). `declass verify` measures again where it \
         is given the same files.\n\n",
        data(&format!("{kind} test"), &evaluation.data),
        train.unwrap_or_default()
    );
    for metric in &evaluation.metrics {
        let Definition { id, number, .. } = metric.definition;
        let number = number.map_or_else(String::new, |number| format!(" ({number})"));
        text += &format!("- {id}{number}: {}\n", metric.summary);
    }
    for missing in &evaluation.not_run {
        text += &format!("- {}: not run, {}\n", missing.id, missing.reason);
    }
    text
}

/// What hubs call the library and the task of a model, as far as its configuration tells.
fn kind_of(config: &Value) -> Vec<(&'static str, &'static str)> {
    let architecture = config["architectures"][0].as_str();
    let library = match (architecture, &config["pretrained_cfg"]) {
        (Some(_), _) => Some("transformers"),
        (None, Value::Object(_)) => Some("timm"),
        _ => None,
    };
    let tasks = [
        ("ForAudioClassification", "audio-classification"),
        ("ForImageClassification", "image-classification"),
        ("ForSemanticSegmentation", "image-segmentation"),
        ("ForSequenceClassification", "text-classification"),
        ("ForTokenClassification", "token-classification"),
        ("ForVideoClassification", "video-classification"),
    ];
    let named = |(end, _): &&(&str, &str)| architecture.is_some_and(|name| name.ends_with(end));
    let task = tasks.iter().find(named).map(|(_, task)| *task);
    let task = task.or((library == Some("timm")).then_some("image-classification"));
    library.map(|l| ("library_name", l)).into_iter().chain(task.map(|t| ("pipeline_tag", t))).collect()
}

/// A top level entry of the front matter.
struct Block<'a> {
    key: &'a str,
    text: &'a str,
}

impl Block<'_> {
    /// The entries of a list, in block style (`- a`) or flow style (`[a, b]`).
    fn items(&self) -> Vec<String> {
        let (first, rest) = self.text.split_once('\n').unwrap_or((self.text, ""));
        let flow =
            first.split_once('[').and_then(|(_, list)| list.rsplit_once(']')).map_or("", |(list, _)| list);
        let block = rest.lines().filter_map(|line| line.trim().strip_prefix("- "));
        let items = flow.split(',').chain(block).map(|item| item.trim().trim_matches(['"', '\'']).to_owned());
        items.filter(|item| !item.is_empty()).collect()
    }
}

/// Separates the front matter, entry by entry, from the body.
fn split(card: &str) -> (Vec<Block<'_>>, &str) {
    let parts = card.strip_prefix("---\n").and_then(|rest| Some((rest, rest.find("\n---\n")?)));
    let Some((rest, end)) = parts else { return (Vec::new(), card) };
    let (front, body) = (&rest[..=end], &rest[end + "\n---\n".len()..]);
    let mut begins = Vec::new();
    let mut at = 0;
    for line in front.split_inclusive('\n') {
        if !line.starts_with([' ', '-', '#', '\t', '\n']) {
            begins.push(at);
        }
        at += line.len();
    }
    let ends = begins.iter().copied().skip(1).chain([front.len()]);
    let block = |(begin, end): (usize, usize)| {
        let text = &front[begin..end];
        Block { key: text.split(':').next().unwrap_or_default().trim(), text }
    };
    (begins.iter().copied().zip(ends).map(block).collect(), body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{claim::names::CLAIM_FILE, classes::Forgotten, release::signing::signed_card};

    fn content<'a>(removal: &'a Removal, labels: Option<&'a Labels>) -> CardContent<'a> {
        CardContent {
            removal,
            labels,
            link: Link::None,
            place: None,
            earlier: &[],
            kept: None,
            untouched: &[],
            chosen: &Choice::Located,
            evaluation: None,
        }
    }

    fn made(original: Option<&str>) -> String {
        let config: Option<Value> =
            original.map(|_| serde_json::json!({"architectures": ["ViTForImageClassification"]}));
        let names = ["a", "b \"x\"", "c"].map(String::from).to_vec();
        let labels = Labels { names, source: "test".into() };
        card(original, "m", &content(&removal(Treatment::Seal), Some(&labels)), config.as_ref())
    }

    fn removal(treatment: Treatment) -> Removal {
        let forgotten = Forgotten::resolve(&["1"], 3, None).unwrap();
        Removal::of(forgotten, crate::methods::METHODS[0]).treatment(treatment).build().unwrap()
    }

    #[test]
    fn a_card_says_what_became_of_the_slots() {
        let said = |treatment| card(None, "m", &content(&removal(treatment), None), None);
        let (sealed, open) = (said(Treatment::Seal), said(Treatment::Leave));
        assert!(sealed.contains("sealed: true") && sealed.contains("outputs are sealed"), "{sealed}");
        assert!(open.contains("sealed: false") && open.contains("outputs are not sealed"), "{open}");
        let dropped = said(Treatment::Drop);
        assert!(!dropped.contains("sealed") && dropped.contains("outputs are gone"), "{dropped}");
    }

    #[test]
    fn the_card_of_a_signed_release_points_to_the_signed_claim() {
        let card = made(None);
        let signed = signed_card(&card);
        assert!(card.contains("(not signed)") && !signed.contains("not signed"), "{signed}");
        assert!(!signed.contains(STATEMENT_FILE) && signed.matches(CLAIM_FILE).count() == 2, "{signed}");
        assert_eq!(signed_card(&signed), signed);
    }

    #[test]
    fn new_figures_take_the_place_of_old_ones_and_of_nothing_else() {
        let evaluation = |rows| Evaluation {
            tier: "T2",
            seed: 0,
            labels: None,
            forgotten: vec![1],
            data: Record {
                name: String::new(),
                sha256: declass_formats::Sha256Digest::of(b""),
                rows,
                width: 4,
                per_class: Vec::new(),
            },
            train_data: None,
            metrics: Vec::new(),
            not_run: Vec::new(),
            changed: Vec::new(),
        };
        let original = "# Old\n\n## Measured on labelled data\n\ntheirs\n";
        let first = with_figures(&made(Some(original)), &evaluation(7));
        assert!(first.contains("7 labelled test embeddings"), "{first}");
        let edited =
            first.replacen("\n## The original's card", "\n## Notes\n\nours\n\n## The original's card", 1);
        let second = with_figures(&edited, &evaluation(8));
        assert!(second.contains("8 labelled test") && !second.contains("7 labelled test"), "{second}");
        assert!(second.contains("## Notes\n\nours\n") && second.ends_with(original), "{second}");
        assert_eq!(with_figures(&second, &evaluation(8)), second);
    }

    #[test]
    fn a_card_is_made_where_there_was_none() {
        let card = made(None);
        assert!(card.starts_with("---\ntags:\n- class-removal\n"), "{card}");
        assert!(card.contains("  - index: 1\n    label: \"b \\\"x\\\"\"\n"), "{card}");
        assert!(!card.contains("The original's card"));
    }

    #[test]
    fn the_originals_card_is_kept_but_for_its_metrics() {
        let original = "---\nlicense: mit\ntags:\n- vision\n- declass\nmodel-index:\n- name: x\n  results: []\n---\n# Old\n";
        let card = made(Some(original));
        assert!(
            card.starts_with("---\nlicense: mit\nlibrary_name: transformers\npipeline_tag: image-classification\ntags:\n- vision\n- declass\n"),
            "{card}"
        );
        assert!(!card.contains("model-index"), "{card}");
        assert!(card.ends_with("## The original's card\n\n# Old\n"), "{card}");
        assert!(made(Some("---\ntags: [a, \"b\"]\n---\n")).contains("tags:\n- a\n- b\n- class-removal\n"));
    }

    #[test]
    fn a_second_removal_says_all_and_keeps_the_card_of_the_first_model() {
        let first = made(Some("# Old\n\n## The original's card\n\nits own words\n"));
        let gone = NamedClass { index: 7, label: Some("Bag".into()) };
        let stays = NamedClass { index: 1, label: Some("b".into()) };
        let earlier = [
            ForgottenClass { class: gone, index_after: None },
            ForgottenClass { class: stays, index_after: Some(1) },
        ];
        let removal = removal(Treatment::Seal);
        let second =
            card(Some(&first), "m2", &CardContent { earlier: &earlier, ..content(&removal, None) }, None);
        assert!(
            second.contains("# m2 with 2 classes unlearnt\n\nUnlearnt at the classifier head: 1. "),
            "{second}"
        );
        assert!(second.contains("by their indices in the first model: 7 `Bag`."), "{second}");
        assert!(!second.contains("one class unlearnt"), "{second}");
        let kept = "\n## The original's card\n\n# Old\n\n## The original's card\n\nits own words\n";
        assert!(second.ends_with(kept), "{second}");
        assert_eq!(second.matches("class_removal:").count(), 1);
        let third = card(Some(&made(None)), "m3", &content(&removal, None), None);
        assert!(!third.contains("The original's card"), "there was none: {third}");
    }

    #[test]
    fn what_else_became_of_the_answers_is_said() {
        let names = ["a", "b", "a"].map(String::from).to_vec();
        let labels = Labels { names, source: "test".into() };
        let forgotten = Forgotten::resolve(&["0", "1"], 3, None).unwrap();
        let removal = Removal::of(forgotten, crate::methods::by_name("pour").unwrap()).build().unwrap();
        let content = CardContent { kept: Some(0.9493), ..content(&removal, Some(&labels)) };
        let text = card(None, "m", &content, None);
        for said in [
            "`pour` changed the weights of the other classes as well",
            "94.9 % keep their class",
            "The label `a` stays on class 2, which was not removed.",
            "the answer to every input is 2 `a`",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
}
