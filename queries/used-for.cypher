// What a concept is used for, applied to or addresses, best supported first.
//
// in   concept: concept          concept, as id, name or alias
// in   limit: integer = 20       most rows to return
// out  id: string                id of what it is used for
// out  name: string              its name
// out  kind: string              Method, Dataset or Task
// out  papers: integer           papers that say so
// out  confidence: float         how sure it is, in [0, 1]
// out  paper: string             id of one of these papers
// out  sentence: string          its sentence
MATCH (c:Concept {id: $concept})-[r:USED_FOR]->(use:Concept)
RETURN use.id AS id, use.name AS name, use.kind AS kind,
       r.papers AS papers, r.confidence AS confidence, r.paper_ids[0] AS paper, r.sentences[0] AS sentence
ORDER BY papers DESC, confidence DESC, id
LIMIT $limit
