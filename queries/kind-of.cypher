// What a concept is a kind, a special case or a variant of, best supported first.
//
// in   concept: concept          concept, as id, name or alias: Mamba, method/mamba
// in   limit: integer = 20       most rows to return
// out  id: string                id of the broader concept
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  relation: string          SUBCLASS_OF, SUBTASK_OF or VARIANT_OF
// out  papers: integer           papers that say so
// out  confidence: float         how sure it is, in [0, 1]
// out  paper: string             id of one of these papers
// out  sentence: string          its sentence
MATCH (c:Concept {id: $concept})-[r:SUBCLASS_OF|SUBTASK_OF|VARIANT_OF]->(broader:Concept)
RETURN broader.id AS id, broader.name AS name, broader.kind AS kind, type(r) AS relation,
       r.papers AS papers, r.confidence AS confidence, r.paper_ids[0] AS paper, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id, relation
LIMIT $limit
