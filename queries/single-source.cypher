// The relations of a concept that rest on one paper alone, the least sure first: what to check before relying on it.
//
// in   concept: concept            concept, as id, name or alias
// in   below: float = 1.0          only relations less sure than this, in [0, 1]
// in   limit: integer = 30         most rows to return
// out  from: string                name of the concept the relation starts at
// out  relation: string            its type
// out  to: string                  name of the concept it ends at
// out  confidence: float           how sure it is, in [0, 1]
// out  paper: string               id of the one paper
// out  title: string               its title
// out  sentence: string            its sentence
MATCH (c:Concept {id: $concept})-[r]-(:Concept)
WHERE r.papers = 1 AND r.confidence < $below
WITH r, r.paper_ids[0] AS paper_id
MATCH (p:Paper {id: paper_id})
RETURN startNode(r).name AS from, type(r) AS relation, endNode(r).name AS to,
       r.confidence AS confidence, p.id AS paper, p.title AS title, r.sentences[0] AS sentence
ORDER BY confidence, startNode(r).id, relation, endNode(r).id
LIMIT $limit
