// In the search, pages for users stand above those of the library; otherwise Sphinx's own scores.
var Scorer = {
  score: ([docname, , , , score]) => score + (/^(guides|recipes|research)\/|^study\/keys$/.test(docname) ? 20 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
