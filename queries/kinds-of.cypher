// The kinds, special cases and variants of a concept: what stands one step below it, best supported first.
//
// in   concept: concept          concept, as id, name or alias: "State Space Model"
// in   limit: integer = 50       most rows to return
// out  id: string                id of the narrower concept
// out  name: string              its name
// out  relation: string          SUBCLASS_OF, SUBTASK_OF or VARIANT_OF
// out  papers: integer           papers that say so
// out  confidence: float         how sure it is, in [0, 1]
// out  sentence: string          a sentence that says so
MATCH (c:Concept {id: $concept})<-[r:SUBCLASS_OF|SUBTASK_OF|VARIANT_OF]-(narrower:Concept)
RETURN narrower.id AS id, narrower.name AS name, type(r) AS relation,
       r.papers AS papers, r.confidence AS confidence, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id, relation
LIMIT $limit
