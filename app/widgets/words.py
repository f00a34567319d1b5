"""The few words of the field that the pages use, each in one plain line."""

import streamlit as st

WORDS = {
    "Arm": "one trained or imported model with its embeddings; two arms are compared side by side",
    "Class": "what the training was told, e.g. even or odd",
    "Mode": "a true kind inside a class, e.g. the digit; never told to the training",
    "Sub-cluster": "a group found inside one class; counted among the embeddings, not on the map",
    "Kappa": "spread of a class over the distance to the nearest other class; near 0 = drawn to one point",
    "Fine, coarse": "figures about modes, figures about classes",
    "R@1, MAP@R": "how often the nearest item is right; how well all right items come first. 1 is best",
    "CSLS": "a ranking that puts items which are near to everything lower",
    "n.s.": "not significant: the difference may be chance",
}


def show_words() -> None:
    """A popover with all of them."""
    with st.popover("Words", icon=":material/help:", key="words"):
        st.markdown("\n".join(f"- **{word}**: {said}." for word, said in WORDS.items()))
