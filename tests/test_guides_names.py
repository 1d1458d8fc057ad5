# Exported from nbs/ by `make sync`; edit the notebook.
def test_every_name_says_what_it_does_and_has_a_room():
    import inspect
    import neuralpha as na
    from neuralpha.docstrings import summary_of

    silent = [name for name in na.__all__ if not summary_of(inspect.getdoc(getattr(na, name))).strip()]
    assert silent == [] and len(na.__all__) > 100

def test_a_tab_offers_public_names_and_nothing_else():
    import neuralpha as na
    import neuralpha.data.panel  # loaded, it is an attribute of the package

    assert sorted(name for name in dir(na) if not name.startswith("__")) == na.__all__
