// The page's own words in Korean, by the English ones. What the program says in Korean comes from the program, as `ko.json`.

import { call } from "./engine.js";

const korean = {
  "Create": "만들기",
  "Compare": "비교",
  "Help me choose": "선택 도움말",
  "Template": "템플릿",
  "Questions": "질문",
  "More questions": "추가 질문",
  "Project": "프로젝트",
  "Files": "파일",
  "Objects it creates once you deploy": "배포하면 만들어지는 객체",
  "Warnings": "경고",
  "Next steps": "다음 단계",
  "The same on the command line": "명령줄에서 똑같이 만들기",
  "Download .zip": ".zip 내려받기",
  "Download .tar.gz": ".tar.gz 내려받기",
  "Copy command": "명령 복사",
  "Copy link": "링크 복사",
  "Copied": "복사했습니다",
  "Cannot copy: select the text and copy it": "복사할 수 없습니다. 텍스트를 선택해 복사하세요",
  "Use the default": "기본값 사용",
  "Yes": "예",
  "No": "아니요",
  "It is given elsewhere": "다른 곳에서 제공됨",
  "needed": "필수",
  "new": "추가됨",
  "changed": "바뀜",
  "removed": "삭제됨",
  "Loading the generator…": "생성기를 불러오는 중…",
  "Answer the questions that are marked": "표시된 질문에 답하세요",
  "Kept, and without effect now": "보관되어 있지만 지금은 효과가 없음",
  "In the link, and not used": "링크에 있지만 쓰지 않은 답",
  "Leave out": "빼기",
  "This file is no text, or larger than 256 KiB": "텍스트가 아니거나 256 KiB보다 큰 파일입니다",
  "files": "개 파일",
  "What do you want to decide?": "무엇을 결정하려고 합니까?",
  "Advice": "조언",
  "Use these answers": "이 답 사용",
  "First link": "첫 번째 링크",
  "Second link": "두 번째 링크",
  "Answers that differ": "다른 답",
  "Files that differ": "다른 파일",
  "No difference": "차이가 없습니다",
  "The generator has stopped. Reload the page; the link keeps your answers.": "생성기가 멈췄습니다. 페이지를 다시 불러오세요. 답은 링크에 남아 있습니다.",
  "first": "첫 번째", "second": "두 번째",
  "only in the first": "첫 번째에만 있음", "only in the second": "두 번째에만 있음",
  "not answered": "답하지 않음",
};

let lang = "en", more = {};

export const language = () => lang;

export async function speak(code) {
  lang = code;
  document.documentElement.lang = code;
  if (code === "ko" && Object.keys(more).length === 0) {
    const response = await fetch("ko.json");
    if (!response.ok) return;
    const texts = await response.json();
    call("korean", texts);
    more = { ...texts.whole, ...texts.messages };
  }
}

/** Returns a text in the language of the page; what nobody has translated stays English. */
export const t = (english) => (lang === "ko" ? (korean[english] ?? more[english] ?? english) : english);
